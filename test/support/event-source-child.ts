// An EventSource as the HTML standard has it, in a process of its own because Node offers it by a flag only.
// Prints one line of JSON for each thing that happens to it.

const source = new EventSource(process.argv[2] ?? "");
// Node would end the process in the pause before a reconnect.
setInterval(() => {}, 60_000);

const print = (line: object): void => console.log(JSON.stringify(line));

source.addEventListener("open", () => print({ type: "open" }));
source.addEventListener("message", ({ data, lastEventId }) => print({ type: "message", data, lastEventId }));
source.addEventListener("error", () => print({ type: "error", closed: source.readyState === source.CLOSED }));
