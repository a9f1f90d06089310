/**
 * Invalid certificates on real TLS servers: each has a specific message. Node reads NODE_EXTRA_CA_CERTS only at
 * start, so a certificate that is invalid although its authority is known is tested in a separate process, which
 * also shows that this fix works.
 */
import { execFile } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

const PROGRAM = `
import { createZitadelProvider } from '${pathToFileURL(join(inject('serverSources'), 'identity/zitadel.js'))}';
import { silentLogger as logger } from '${pathToFileURL(join(inject('serverSources'), 'telemetry/logger.js'))}';
const results = [];
for (const url of process.argv.slice(1)) {
  const options = { name: 'zitadel', url, getToken: () => 't', emailDomain: 'x', concurrency: 1, logger };
  const provider = createZitadelProvider(options);
  results.push(await provider.checkConnection({ signal: AbortSignal.timeout(5000), timeoutMs: 5000 }));
  await provider.close();
}
process.stdout.write(JSON.stringify(results));
`;
const DAY_MS = 86_400_000;

const servers: Server[] = [];
let folder: string;
let authority: Certified;
const urls: Record<string, string> = {};

async function serve(name: string, { key, certificate }: Certified, chain = ''): Promise<void> {
  const server = createServer({ key, cert: certificate + chain }, (_request, response) => {
    response.writeHead(503, { 'content-type': 'application/json' }).end('{"code":"unavailable","message":"reached"}');
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  urls[name] = `https://localhost:${(server.address() as AddressInfo).port}`;
}

/** The result of the check for each server, in a process that trusts the authority or does not. */
async function ask(names: readonly string[], isAuthorityKnown: boolean) {
  const env = {
    PATH: process.env.PATH,
    ...(isAuthorityKnown ? { NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem') } : {}),
  };
  const args = ['--input-type=module', '--eval', PROGRAM, '--', ...names.map((name) => urls[name] ?? '')];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 30_000 });
  return JSON.parse(stdout) as { class: string; code: string; message: string }[];
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'family-hub-jobs-tls-'));
  authority = certify({ name: `Test authority ${randomUUID()}`, isAuthority: true });
  await writeFile(join(folder, 'authority.pem'), authority.certificate);
  const now = Date.now();
  await serve('good', certify({ name: 'localhost', by: authority }));
  await serve('expired', certify({ name: 'localhost', by: authority, until: new Date(now - DAY_MS) }));
  await serve('early', certify({ name: 'localhost', by: authority, from: new Date(now + DAY_MS) }));
  await serve('other', certify({ name: 'other.example.org', by: authority }));
  await serve('self-signed', certify({ name: 'localhost' }));
  await serve('chain', certify({ name: 'localhost', by: authority }), authority.certificate);
});
afterAll(async () => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

describe('a certificate', () => {
  it('of a known authority is accepted, and is named when it is expired, early or another’s', async () => {
    const [good, expired, early, other] = await ask(['good', 'expired', 'early', 'other'], true);
    expect(good).toMatchObject({ class: 'transient', code: 'PROVIDER_UNAVAILABLE' });
    const tls = (words: string) => ({
      class: 'transient',
      code: 'PROVIDER_TLS_FAILED',
      message: expect.stringContaining(words),
    });
    expect(expired).toMatchObject(tls('Its certificate has expired: renew it. (CERT_HAS_EXPIRED)'));
    expect(early).toMatchObject(tls('not valid yet: check the clocks of both machines. (CERT_NOT_YET_VALID)'));
    expect(other).toMatchObject(tls('for another host name: use a name in ZITADEL_URL that the certificate holds'));
    expect(other?.message).toContain('(ERR_TLS_CERT_ALTNAME_INVALID)');
  });

  it('that nobody known has signed is named, with the setting that helps', async () => {
    const [selfSigned, chain, leaf] = await ask(['self-signed', 'chain', 'good'], false);
    for (const failure of [selfSigned, chain, leaf]) {
      expect(failure).toMatchObject({ class: 'transient', code: 'PROVIDER_TLS_FAILED' });
      expect(failure?.message).toContain('NODE_EXTRA_CA_CERTS');
    }
    expect(selfSigned?.message).toContain('is self-signed, which is not trusted');
    expect(chain?.message).toContain('from an authority that this machine does not know');
    expect(leaf?.message).toContain('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });
});

// Encodes X.509 in DER directly: Node reads certificates but cannot create them, and not every machine has openssl.

interface Certified {
  readonly name: string;
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly certificate: string;
  readonly privateKey: KeyObject;
}

interface CertificateOrder {
  /** The common name, and the only host name that it is valid for. */
  readonly name: string;
  /** Default: self-signed. */
  readonly by?: Certified;
  readonly isAuthority?: boolean;
  readonly from?: Date;
  readonly until?: Date;
}

/** Creates a key pair (P-256) and a certificate for it, by default valid from a week ago until tomorrow. */
function certify({ name, by, isAuthority = false, from, until }: CertificateOrder): Certified {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const now = Date.now();
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    distinguishedName(by?.name ?? name),
    sequence(time(from ?? new Date(now - 7 * DAY_MS)), time(until ?? new Date(now + DAY_MS))),
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(isAuthority ? AUTHORITY : hostName(name))),
  );
  const signature = sign('sha256', body, by?.privateKey ?? privateKey);
  const certificate = sequence(body, ECDSA_WITH_SHA256, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return {
    name,
    key: pem('PRIVATE KEY', privateKey.export({ type: 'pkcs8', format: 'der' })),
    certificate: pem('CERTIFICATE', certificate),
    privateKey,
  };
}

function der(tag: number, content: Buffer): Buffer {
  const length = content.length;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
/** basicConstraints, critical: CA. */
const AUTHORITY = sequence(
  oid('551d13'),
  der(0x01, Buffer.from([0xff])),
  der(0x04, sequence(der(0x01, Buffer.from([0xff])))),
);

/** subjectAltName: one DNS name. */
function hostName(name: string): Buffer {
  return sequence(oid('551d11'), der(0x04, sequence(der(0x82, Buffer.from(name)))));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));
}

/** UTCTime: valid until 2049. */
function time(at: Date): Buffer {
  return der(0x17, Buffer.from(`${at.toISOString().replace(/\D/g, '').slice(2, 14)}Z`));
}

function pem(label: string, content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
