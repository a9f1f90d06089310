/**
 * Checks the files in deploy/ as far as possible without a cluster and without systemd as init: the manifests against
 * the types of the Kubernetes API, the unit with systemd's own checker, and what they set with the server's configuration.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readConfig } from '../../src/config/config.ts';
import { SETTINGS } from '../../src/config/settings.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MANIFESTS = join(ROOT, 'deploy/kubernetes');
const UNIT = join(ROOT, 'deploy/systemd/family-hub-jobs.service');

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // biome-ignore lint/suspicious/noExplicitAny: the types of the API check its content below.
  readonly spec: any;
}
const manifests = readdirSync(MANIFESTS).flatMap((file) =>
  parseAllDocuments(readFileSync(join(MANIFESTS, file), 'utf8')).map((document) => document.toJS() as Manifest),
);
const of = (kind: string): Manifest => {
  const found = manifests.filter((one) => one.kind === kind);
  expect(found, kind).toHaveLength(1);
  return found[0] as Manifest;
};
const container = () => of('Deployment').spec.template.spec.containers[0];
const folder = mkdtempSync(join(ROOT, 'node_modules/.manifests-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the compiler says of each manifest as a value of its type, in which an unknown or misspelt field is an error. */
function problemsOf(all: readonly Manifest[]): string[][] {
  const files = all.map((manifest, at) => {
    const [group, version] = manifest.apiVersion.includes('/') ? manifest.apiVersion.split('/') : ['core', 'v1'];
    const from = `kubernetes-types/${group?.split('.')[0]}/${version}`;
    const file = join(folder, `${at}.ts`);
    const source = `export const manifest: import('${from}').${manifest.kind} = ${JSON.stringify(manifest)};`;
    writeFileSync(file, source);
    return file;
  });
  const program = ts.createProgram(files, {
    strict: true,
    skipLibCheck: true,
    types: [],
    lib: ['lib.es2020.d.ts'],
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    module: ts.ModuleKind.ESNext,
  });
  return files.map((file) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
  );
}

describe('the Kubernetes manifests', () => {
  it('fit the types of the Kubernetes API, which would find a misspelt field', () => {
    expect(manifests.map(({ kind }) => kind).sort()).toEqual([
      'Deployment',
      'Ingress',
      'PodDisruptionBudget',
      'Service',
    ]);
    const misspelt = structuredClone(of('Deployment'));
    misspelt.spec.template.spec.containers[0].readinessProb = {};
    const [found, ...problems] = problemsOf([misspelt, ...manifests]);
    expect(found?.join()).toContain('readinessProb');
    expect(problems).toEqual(manifests.map(() => []));
  });

  it('select the pods that the Deployment makes', () => {
    const labels = of('Deployment').spec.template.metadata.labels;
    expect(of('Service').spec.selector).toEqual(labels);
    expect(of('PodDisruptionBudget').spec.selector.matchLabels).toEqual(labels);
    expect(of('Deployment').spec.selector.matchLabels).toEqual(labels);
  });

  it('set what the server in the image accepts, off loopback with access control', () => {
    const mounted = mkdtempSync(join(tmpdir(), 'family-hub-jobs-secrets-'));
    const mountPath = container().volumeMounts[0].mountPath as string;
    const key = Buffer.alloc(32, 7).toString('base64');
    const secrets = {
      'master-key': key,
      'admin-token': 'a'.repeat(44),
      'metrics-token': 'm'.repeat(44),
      'zitadel-key.json': '{}',
    };
    for (const [name, value] of Object.entries(secrets)) writeFileSync(join(mounted, name), value);
    const env = (container().env as { name: string; value?: string }[]).map(({ name, value }) => {
      expect(Object.hasOwn(SETTINGS, name), name).toBe(true);
      return [
        name,
        value?.replace(mountPath, mounted) ?? (name === 'DATABASE_URL' ? 'postgresql://a:b@db/c' : 'pod-1'),
      ] as const;
    });
    const { config, warnings } = readConfig({ HOST: '0.0.0.0', ...Object.fromEntries(env) });
    expect(config).toMatchObject({ ADMIN_TOKEN_FILE: join(mounted, 'admin-token'), NODE_NAME: 'pod-1' });
    expect(warnings).toEqual([]);
    rmSync(mounted, { recursive: true });
  });

  it('give the server the time to drain', () => {
    const { terminationGracePeriodSeconds } = of('Deployment').spec.template.spec;
    const preStop = Number(container().lifecycle.preStop.exec.command[1]);
    expect(terminationGracePeriodSeconds * 1_000).toBeGreaterThan(
      preStop * 1_000 + 2 * readConfig({}).config.SHUTDOWN_TIMEOUT,
    );
  });

  it('probe paths and a port that the server has', () => {
    const routes = readFileSync(join(ROOT, 'src/http/routes.ts'), 'utf8');
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
      expect(routes).toContain(container()[probe].httpGet.path);
    expect(container().ports[0].containerPort).toBe(4000);
  });
});

describe('the systemd unit', () => {
  const text = readFileSync(UNIT, 'utf8');

  it.skipIf(!existsSync('/usr/bin/systemd-analyze'))('passes systemd’s own check', () => {
    const copy = join(folder, 'family-hub-jobs.service');
    writeFileSync(copy, text.replace('/usr/bin/node', process.execPath));
    const output = execFileSync('systemd-analyze', ['verify', copy], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(output).toBe('');
  });

  it('sets settings that exist, and starts what npm start starts', () => {
    const names = [...text.matchAll(/^Environment=(.*)$/gm)].flatMap(([, line = '']) =>
      line.split(' ').map((pair) => pair.split('=')[0] ?? ''),
    );
    expect(names.filter((name) => !Object.hasOwn(SETTINGS, name))).toEqual(['NODE_ENV']);
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { start: string } };
    expect(text).toContain(`ExecStart=/usr/bin/${scripts.start.replace('exec ', '')}\n`);
  });
});
