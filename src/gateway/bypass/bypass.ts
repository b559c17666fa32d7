// Who may look at a service before its users do: whoever comes from a network that the configuration names, or has
// the cookie that a link of `holdgate bypass` sets. Asked only while the mode is not `open`.

import { type BlockList, isIP } from "node:net";
import type { RequestHead } from "../../proxy/request-head.ts";
import { blockList } from "../block-list.ts";
import type { ServiceContext } from "../service-context.ts";
import { bypassCookie } from "./bypass-cookie.ts";
import { checkBypass } from "./bypass-token.ts";

/** Of each service, what its tokens are signed with; undefined while nobody has asked for one. */
export interface BypassKeySource {
  keyOf(service: string): Buffer | undefined;
}

export class Bypass {
  readonly #context: ServiceContext;
  readonly #keys: BypassKeySource;
  #networks: BlockList;

  constructor(context: ServiceContext, keys: BypassKeySource) {
    this.#context = context;
    this.#keys = keys;
    this.#networks = blockList(context.settings.maintenance.bypassNetworks);
  }

  configure(): void {
    this.#networks = blockList(this.#context.settings.maintenance.bypassNetworks);
  }

  /** What lets it past; null: nothing does. */
  of(head: RequestHead): "network" | "cookie" | null {
    if (this.#hasCookie(head)) return "cookie";
    const { client } = head.headers;
    const family = isIP(client);
    return family !== 0 && this.#networks.check(client, family === 4 ? "ipv4" : "ipv6") ? "network" : null;
  }

  #hasCookie(head: RequestHead): boolean {
    const cookies = head.header("cookie");
    const { name, clock } = this.#context;
    const token = cookies === undefined ? null : bypassCookie(name, cookies);
    const key = token === null ? undefined : this.#keys.keyOf(name);
    return token !== null && key !== undefined && checkBypass(key, name, token, clock.wall()) === "valid";
  }
}
