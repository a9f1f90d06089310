/** The API’s interface for all refusals, and the types of those that all slices use. */
import {
  type InputIssue,
  InvalidInputError,
  InvalidStateError,
  NotFoundError,
  REFUSAL_CODES,
  type RefusalCode,
} from '../refusals.ts';
import { builder } from './builder.ts';

const codes = Object.keys(REFUSAL_CODES) as RefusalCode[];
const MutationErrorCode = builder.enumType('MutationErrorCode', {
  description: 'The code of an expected error of a mutation, for scripts.',
  values: Object.fromEntries(codes.map((code) => [code, { value: code, description: REFUSAL_CODES[code] }])) as Record<
    RefusalCode,
    { value: RefusalCode; description: string }
  >,
});
builder.interfaceType('MutationError', {
  description: 'An expected error of a mutation that the caller can act on.',
  fields: (t) => ({
    message: t.text('message', 'What is wrong and what to do next, for people.'),
    code: t.expose('code', {
      type: MutationErrorCode,
      description: 'The kind of error, for scripts: does not change with the wording of `message`.',
    }),
  }),
});

const InputIssueRef = builder.objectRef<InputIssue>('InputIssue').implement({
  description: 'One problem with one input field.',
  fields: (t) => ({
    path: t.stringList({ description: 'The path to the field, from the input.', resolve: (issue) => [...issue.path] }),
    message: t.text('message', 'What is wrong with it, for people.'),
    code: t.text('code', 'The same for scripts, for example TOO_SHORT.'),
  }),
});
builder.objectType(InvalidInputError, {
  name: 'InvalidInputError',
  description: 'The input is not valid.',
  interfaces: ['MutationError'],
  fields: (t) => ({
    issues: t.field({
      type: [InputIssueRef],
      description: 'Every problem at once.',
      resolve: (error) => [...error.issues],
    }),
  }),
});
builder.objectType(NotFoundError, {
  name: 'NotFoundError',
  description: 'What the input names does not exist.',
  interfaces: ['MutationError'],
});
builder.objectType(InvalidStateError, {
  name: 'InvalidStateError',
  description: 'The current state of the object does not allow this.',
  interfaces: ['MutationError'],
});
