// The frame of every nginx.conf of the benchmark; nginx is both a contender and the upstream.

import { userInfo } from "node:os";

/** One worker that writes nothing outside `directory`, with `http` as the content of its http block. */
export function nginxConfig(directory: string, http: string): string {
  // Started by root, nginx would give its worker to another user, who may not read the directory.
  const user = userInfo().uid === 0 ? "user root;" : "";
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  );
  return `${user}
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid ${directory}/nginx.pid;
error_log stderr error;
events { worker_connections 16384; }
http {
access_log off;
keepalive_requests 100000000;
keepalive_timeout 75s;
${temporary.join("\n")}
${http}
}
`;
}
