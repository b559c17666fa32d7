/** What control needs of a logger; pino's fits as it is. */
export interface ControlLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silentLog: ControlLog = { info() {}, warn() {}, error() {} };
