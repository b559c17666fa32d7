// Copies /from to /to, as often as one likes; with `mirror` also deletes what /from has not. For a POSIX shell with
// find, stat, awk and cp, as busybox and most images have them.
//
// Both trees are listed with stat and compared by awk, so a second run costs little. Times have whole seconds there:
// a file that was written in the second in which it was copied looks unchanged afterwards. The copy's ctime says when
// that was; what is not older than that by two seconds is copied again.

/** `sh -c SYNC_SCRIPT holdgate-sync delta|mirror`. Prints `progress <done> <all>` and, at the end, `copied <n> deleted <n>`. */
export const SYNC_SCRIPT = `
set -eu
mode=$1
work=$(mktemp -d /tmp/holdgate-sync.XXXXXX)
trap 'rm -rf "$work"' EXIT
newline='
'

list() {
  cd "$1"
  # A name with a line break cannot stand in a list of lines; copy_odd takes those. Sockets are not data.
  find . ! -path . ! -name "*$newline*" ! -path "*$newline*" ! -type s -exec stat -c '%f %u %g %s %Y %Z %n' {} + >"$2"
}

copy() {
  # What is of another kind there must go; directories are filled by their own entries.
  if [ -d "$1" ] && [ ! -L "$1" ]; then
    { [ -d "/to/$1" ] && [ ! -L "/to/$1" ]; } || rm -rf "/to/$1"
    mkdir -p "/to/$1"
    chown "$(stat -c %u:%g "$1")" "/to/$1"
    chmod "$(stat -c %a "$1")" "/to/$1"
  else
    rm -rf "/to/$1"
    cp -a "$1" "/to/$1"
  fi
}

copy_odd() {
  find . -path "*$newline*" ! -type s -exec sh -c '
    for path; do
      if [ -d "$path" ] && [ ! -L "$path" ]; then mkdir -p "/to/$path"; else rm -rf "/to/$path"; cp -a "$path" "/to/$path"; fi
    done' sh {} +
}

delete_odd() {
  cd /to
  find . -depth -path "*$newline*" -exec sh -c '
    for path; do [ -e "/from/$path" ] || [ -L "/from/$path" ] || rm -rf "$path"; done' sh {} +
}

compare='
function name(line) { sub(/^[^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ /, "", line); return line }
function kind(mode) { return length(mode) > 4 ? substr(mode, 1, 2) : length(mode) < 4 ? "0" : substr(mode, 1, 1) }
function parent(path) { sub(/\\/[^\\/]*$/, "", path); return path }
FILENAME == there {
  path = name($0); modes[path] = $1; owners[path] = $2 " " $3; sizes[path] = $4; times[path] = $5; copied[path] = $6
  next
}
{
  path = name($0); seen[path] = 1; is_directory = kind($1) == "4"
  if (!(path in modes)) changed = 1
  else if (kind($1) != kind(modes[path])) changed = 1
  else if (is_directory) changed = $1 != modes[path] || $2 " " $3 != owners[path]
  else if ($5 > times[path]) changed = 1
  else if (mode == "delta" && $5 < times[path] && $5 < copied[path] - 1) changed = 0
  else if ($4 != sizes[path] || $1 != modes[path] || $2 " " $3 != owners[path]) changed = 1
  else if (mode == "mirror" && $5 != times[path] && kind($1) != "a") changed = 1
  else changed = kind($1) == "8" && $5 >= copied[path] - 1
  if (changed) { print path > copies; directories[is_directory ? path : parent(path)] = 1 }
}
END {
  if (mode == "mirror") for (path in modes) if (!(path in seen)) { print path > deletions; directories[parent(path)] = 1 }
  for (path in directories) print path > touched
}'

: >"$work/copies"; : >"$work/deletions"; : >"$work/touched"; : >"$work/there"
list /to "$work/there"
list /from "$work/here"
awk -v mode="$mode" -v there="$work/there" -v copies="$work/copies" -v deletions="$work/deletions" \\
  -v touched="$work/touched" "$compare" "$work/there" "$work/here"

# Deleted first: a disk may have no room for both.
deleted=0
while IFS= read -r path; do
  rm -rf "/to/$path"
  deleted=$((deleted + 1))
done <"$work/deletions"

cd /from
all=$(wc -l <"$work/copies")
all=$((all + 0))
count=0
while IFS= read -r path; do
  copy "$path"
  count=$((count + 1))
  [ $((count % 200)) -ne 0 ] || echo "progress $count $all"
done <"$work/copies"
copy_odd
[ "$mode" != mirror ] || delete_odd

cd /from
while IFS= read -r path; do
  [ ! -d "/from/$path" ] || touch -r "/from/$path" "/to/$path"
done <"$work/touched"
chown "$(stat -c %u:%g .)" /to
chmod "$(stat -c %a .)" /to
touch -r . /to
sync
echo "copied $count deleted $deleted"
`;
