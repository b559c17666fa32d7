export { hasErrorCode } from "../lib/error-code.ts";
