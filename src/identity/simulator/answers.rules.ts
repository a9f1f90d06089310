/**
 * Builds Zitadel's responses in its two formats: the Connect protocol's for the user service, and the older one,
 * with numeric codes, of the management API. The ids are Zitadel's own.
 */

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The Connect codes that the simulator uses, with their HTTP status and gRPC number. */
const CODES = {
  unknown: [500, 2],
  invalid_argument: [400, 3],
  not_found: [404, 5],
  already_exists: [409, 6],
  permission_denied: [403, 7],
  resource_exhausted: [429, 8],
  failed_precondition: [400, 9],
  internal: [500, 13],
  unavailable: [503, 14],
  unauthenticated: [401, 16],
} as const;

export type ConnectCode = keyof typeof CODES;

/** An error of the user service. One without an id was created before the request reached Zitadel's own code. */
export function connectError(code: ConnectCode, text: string, id?: string): Reply {
  const body =
    id === undefined
      ? { code, message: text }
      : {
          code,
          message: `${text} (${id})`,
          details: [{ type: 'zitadel.v1.ErrorDetail', value: errorDetail(id, text), debug: { id, message: text } }],
        };
  return { status: CODES[code][0], body: JSON.stringify(body) };
}

/** An error of the management API. */
export function managementError(code: ConnectCode, text: string, id: string): Reply {
  const [status, number] = CODES[code];
  const details = [{ '@type': 'type.googleapis.com/zitadel.v1.ErrorDetail', id, message: text }];
  return { status, body: JSON.stringify({ code: number, message: `${text} (${id})`, details }) };
}

export function success(message: object): Reply {
  return { status: 200, body: JSON.stringify(message) };
}

/** The protobuf message zitadel.v1.ErrorDetail {id = 1, message = 2}, in base64 without padding. */
function errorDetail(id: string, message: string): string {
  return Buffer.concat([field(0x0a, id), field(0x12, message)])
    .toString('base64')
    .replace(/=+$/, '');
}

function field(tag: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([tag, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}
