/** The parts of the view, in their order: what the strip leads to. */
export const SECTIONS = [
  { id: "sandbox-run", label: "Run" },
  { id: "sandbox-jobs", label: "Jobs" },
  { id: "sandbox-log", label: "Log" },
  { id: "sandbox-webhooks", label: "Webhooks" },
  { id: "sandbox-faults", label: "Faults" },
  { id: "sandbox-assumptions", label: "Assumptions" },
  { id: "sandbox-broken", label: "Single deliveries" },
] as const;
