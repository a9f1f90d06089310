/** Enqueues an account. What the caller can act on comes as data, each kind with its own fields. */
import { type FormEvent, useRef, useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { graphql, type ResultOf } from './hub.ts';

const Families = graphql(`
  query Families {
    families(first: 100) {
      nodes {
        familyId
        name
        members(first: 1) {
          nodes {
            userId
          }
        }
      }
    }
  }
`);
const Enqueue = graphql(`
  mutation Enqueue($input: EnqueueAccountInput!) {
    enqueueAccount(input: $input) {
      __typename
      ... on EnqueueAccountPayload {
        generatedPassword
        entry {
          username
        }
      }
      ... on InvalidInputError {
        issues {
          path
          message
        }
      }
      ... on UsernameTakenError {
        username
      }
      ... on MutationError {
        message
      }
    }
  }
`);

type Result = NonNullable<ResultOf<typeof Enqueue>['enqueueAccount']>;

/** The union tells the cases apart by `__typename`; TypeScript knows the fields of each. */
function textOf(result: Result): string {
  switch (result.__typename) {
    case 'EnqueueAccountPayload':
      return `Queued ${result.entry.username}. Password, shown only now: ${result.generatedPassword ?? '(the first answer had it)'}`;
    case 'InvalidInputError':
      return result.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ');
    case 'UsernameTakenError':
      return `${result.username} is taken. Choose another username.`;
    // Whatever the server refuses now or in a later version.
    default:
      return result.message;
  }
}

export function EnqueueForm() {
  const [{ data }] = useQuery({ query: Families });
  const [{ fetching }, enqueue] = useMutation(Enqueue);
  const [text, setText] = useState('');
  // The same key for a repeat after a lost answer: the account is enqueued once. A new key after an answer.
  const idempotencyKey = useRef(crypto.randomUUID());
  const families = data?.families?.nodes ?? [];

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const family = families.find(({ familyId }) => familyId === form.get('family'));
    const createdByUserId = family?.members?.nodes[0]?.userId;
    if (family === undefined || createdByUserId === undefined) return setText('This family has no members.');
    const answer = await enqueue({
      input: {
        familyId: family.familyId,
        createdByUserId,
        username: String(form.get('username')),
        fullName: String(form.get('fullName')),
        idempotencyKey: idempotencyKey.current,
      },
    });
    const result = answer.data?.enqueueAccount;
    if (result == null) return setText(answer.error?.message ?? 'There was no answer. Try again.');
    idempotencyKey.current = crypto.randomUUID();
    setText(textOf(result));
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <h2>Enqueue</h2>
      <label>
        Family{' '}
        <select name="family">
          {families.map(({ familyId, name }) => (
            <option key={familyId} value={familyId}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Username <input name="username" />
      </label>
      <label>
        Full name <input name="fullName" />
      </label>
      <button type="submit" disabled={fetching}>
        Enqueue
      </button>
      <p role="alert">{text}</p>
    </form>
  );
}
