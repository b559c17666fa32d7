// Who may look at a service before its users do: whoever comes from a network that the configuration names, or has
// the cookie that a link of `holdgate bypass` sets. Asked only while the mode is not `open`.

import type { BlockList } from "node:net";
import { isInNetworks, networkList } from "../../lib/networks.ts";
import type { RequestHead } from "../../proxy/request-head.ts";
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
    this.#networks = networkList(context.settings.maintenance.bypassNetworks);
  }

  configure(): void {
    this.#networks = networkList(this.#context.settings.maintenance.bypassNetworks);
  }

  /** What lets it past; null: nothing does. */
  of(head: RequestHead): "network" | "cookie" | null {
    if (this.#hasCookie(head)) return "cookie";
    return isInNetworks(head.headers.client, this.#networks) ? "network" : null;
  }

  #hasCookie(head: RequestHead): boolean {
    const cookies = head.header("cookie");
    const { name, clock } = this.#context;
    const token = cookies === undefined ? undefined : bypassCookie(name, cookies);
    const key = token === undefined ? undefined : this.#keys.keyOf(name);
    return (
      token !== undefined && key !== undefined && checkBypass(key, name, token, clock.wall()) === "valid"
    );
  }
}
