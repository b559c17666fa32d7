// Program: the echo app as a process of its own. Arguments: its name, with which it greets, and its port.

import { startEchoUpstream } from "./echo-upstream.ts";

const [greeting = "", port = "0"] = process.argv.slice(2);
const app = await startEchoUpstream({ greeting, port: Number(port) });
console.log(app.port);
