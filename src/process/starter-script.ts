// What stands between a starter and its command: a shell that outlives the starter, lets one command run for each
// key, and writes down how it ended.
//
//   claim (a link: made whole, by one only) ▸ tell the starter (fd 3) ▸ run the command ▸ write its exit code
//
// It stays as the parent, because only a parent is told an exit code.

/** `sh -c STARTER_SCRIPT holdgate-start <directory of the start> <command> <argument>…` */
export const STARTER_SCRIPT = `
dir=$1
shift
stopped=
trap stopped=1 HUP INT QUIT TERM

# Boot and start of this process: its number alone may be another process's by the time it is read.
started() {
  { read -r boot </proc/sys/kernel/random/boot_id && read -r stat </proc/$$/stat; } 2>/dev/null || return 0
  set -- \${stat##*) }
  shift 19
  echo "$boot/$1"
}

echo "$$ $(started)" >"$dir/claim.$$"
if ! ln "$dir/claim.$$" "$dir/claim" 2>/dev/null; then
  rm -f "$dir/claim.$$"
  exit 0
fi
rm -f "$dir/claim.$$"
# Written with room for any code, so that a full disk cannot swallow it.
echo '000   ' >"$dir/exit.next"
sync "$dir/claim" "$dir" 2>/dev/null
exec 3>&-

code=143
if [ -z "$stopped" ]; then
  "$@"
  code=$?
fi
printf '%-6s\\n' "$code" 1<>"$dir/exit.next"
mv -f "$dir/exit.next" "$dir/exit"
`;
