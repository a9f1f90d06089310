/**
 * Asks the registry whether a package that the server runs with has a known hole: fails on a
 * moderate one and above, unless it stands below with the reason why it does not matter. Where the
 * registry has no such service (a mirror, no network) it says so plainly and fails nothing.
 */
import { spawnSync } from 'node:child_process';

/** By advisory, for example 'GHSA-xxxx-xxxx-xxxx': why it does not matter here, and until when. */
const EXCEPTIONS = {};
const SERIOUS = ['moderate', 'high', 'critical'];

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8', timeout: 60_000 });
let report;
try {
  report = JSON.parse(stdout);
} catch {
  report = { message: 'npm audit gave no answer' };
}

if (report.vulnerabilities === undefined) {
  console.log(`NOT CHECKED: ${report.message ?? 'the registry gave no answer'}.`);
  console.log('The registry answers no audits here. Run "npm run audit" where it does, before each release.');
} else {
  const found = Object.values(report.vulnerabilities)
    .flatMap(({ name, via }) => via.filter((one) => typeof one === 'object').map((one) => ({ name, ...one })))
    .filter(({ severity }) => SERIOUS.includes(severity));
  const advisoryOf = ({ url }) => url?.split('/').at(-1) ?? 'without a number';
  const open = found.filter((one) => !Object.hasOwn(EXCEPTIONS, advisoryOf(one)));
  for (const one of open) console.error(`${one.severity}: ${one.name}: ${one.title} (${advisoryOf(one)}) ${one.url}`);
  console.log(`${open.length} open, ${found.length - open.length} excepted, of moderate severity and above.`);
  if (open.length > 0) process.exitCode = 1;
}
