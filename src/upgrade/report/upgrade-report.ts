// A run as people see it: in the terminal, in `GET /admin/upgrades`, in events, on the console and the page.

export type { UpgradeReport, UpgradeState, UpgradeStepReport } from "../../admin/api-types.ts";
