// What says which gateway is meant: the options of the command line, and the environment below them.

export interface GatewayOptions {
  admin?: string;
  token?: string;
  tokenFile?: string;
  config?: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;
