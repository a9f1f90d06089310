import { fromBinary } from '@bufbuild/protobuf';
import { ErrorDetailSchema } from '@zitadel/proto/zitadel/message_pb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readError } from '../zitadel-answers.rules.ts';
import { connectError, managementError } from './answers.rules.ts';

describe('the simulator’s errors', () => {
  it('hold a detail that the vendor’s definition reads, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 400, unit: 'grapheme' }), (text) => {
        const { details } = JSON.parse(connectError('internal', text, 'SIMUL-1').body);
        const detail = fromBinary(ErrorDetailSchema, Buffer.from(details[0].value, 'base64'));
        expect(detail).toMatchObject({ id: 'SIMUL-1', message: text });
      }),
    );
  });

  it('read the same to the adapter in both formats', () => {
    const expected = { code: 16, id: 'AUTH-7fs1e', text: 'Errors.Token.Invalid (AUTH-7fs1e)' };
    expect(readError(connectError('unauthenticated', 'Errors.Token.Invalid', 'AUTH-7fs1e').body)).toEqual(expected);
    expect(readError(managementError('unauthenticated', 'Errors.Token.Invalid', 'AUTH-7fs1e').body)).toEqual(expected);
  });
});
