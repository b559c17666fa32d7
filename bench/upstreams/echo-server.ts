// Program: answers every request with its own body. Argument: port.

import { createServer } from "node:http";

createServer((request, response) => request.pipe(response)).listen(Number(process.argv[2]), "127.0.0.1");
