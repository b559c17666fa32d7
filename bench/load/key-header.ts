/** Names each request of the swap scenario, so that the upstream can tell a second one from a repeated one. */
export const KEY_HEADER = "x-bench-key";
