// What a PromQL expression asks for, read as far as a test needs: metrics with their labels, and those of groupings.

export interface UsedMetric {
  name: string;
  labels: string[];
}

const METRIC = /\b((?:holdgate|nodejs|process)_\w+)(?:\{([^}]*)\})?/g;
const GROUPING = /\b(?:by|on|without|ignoring) \(([^)]*)\)/g;

export function metricsUsed(expression: string): UsedMetric[] {
  return [...expression.matchAll(METRIC)].map(([, name = "", matchers = ""]) => ({
    name,
    labels: [...matchers.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = ""]) => label),
  }));
}

export function labelsGroupedBy(expression: string): string[] {
  return [...expression.matchAll(GROUPING)].flatMap(([, list = ""]) =>
    list.split(",").map((each) => each.trim()),
  );
}

/** Whether each bracket is closed, and by its own kind. */
export function isBalanced(expression: string): boolean {
  const open: string[] = [];
  for (const char of expression.replaceAll(/"[^"]*"/g, "")) {
    if ("([{".includes(char)) open.push(char);
    else if (")]}".includes(char) && "([{".indexOf(open.pop() ?? "") !== ")]}".indexOf(char)) return false;
  }
  return open.length === 0;
}
