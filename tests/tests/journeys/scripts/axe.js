// Runs axe in an element of the page (`root`) and tells what it finds, as `rule: element`. `rules` are all that apply, or
// those named. `region` is left out: dialogs, menus and toasts stand beside the landmarks on purpose.
const done = arguments[arguments.length - 1];
const within = document.querySelector(root);
const options = { resultTypes: ["violations"], selectors: false, rules: { region: { enabled: false } } };
if (rules !== null) options.runOnly = { type: "rule", values: rules };
if (within === null) done([`nothing is at ${root}`]);
else
  axe.run(within, options).then(
    ({ violations }) =>
      done(
        violations.flatMap(({ id, nodes }) =>
          nodes.map((node) => `${id}: ${node.html.slice(0, 160)} (${(node.failureSummary ?? "").split("\n")[1]?.trim()})`),
        ),
      ),
    (error) => done([String(error)]),
  );
