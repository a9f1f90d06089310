/** Verifies the audit trail, and compares it with an anchor stored elsewhere. */

import { type FormEvent, useState } from 'react';
import { usePermission } from '../access/viewer.tsx';
import { client } from '../graphql/client.ts';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { issuesOf, problemOf } from '../graphql/problems.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { InstantField, TextArea } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
import { verdictOf } from './audit-words.rules.ts';

const Verification = graphql(`
  query VerifyAuditTrail($from: DateTime, $to: DateTime, $anchor: String) {
    verifyAuditTrail(from: $from, to: $to, anchor: $anchor) {
      isIntact checkedCount uncheckedCount headLink problem firstBrokenSequence
    }
  }
`);

interface Asked {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly anchor?: string | undefined;
}

interface Answered {
  readonly asked: Asked;
  readonly found: ResultOf<typeof Verification>['verifyAuditTrail'];
}

export function VerifyCard() {
  const { isAllowed, reason } = usePermission('verifyAuditTrail');
  const [asked, setAsked] = useState<Asked>({});
  const [isBusy, setBusy] = useState(false);
  const [answered, setAnswered] = useState<Answered>();
  const [problem, setProblem] = useState<string>();
  const [anchorProblem, setAnchorProblem] = useState<string>();
  const isOrdered = asked.from === undefined || asked.to === undefined || asked.from < asked.to;
  const verify = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setAnswered(undefined);
    setProblem(undefined);
    setAnchorProblem(undefined);
    const anchor = asked.anchor?.trim() || undefined;
    const { data, error } = await client
      .query(Verification, { ...asked, anchor }, { requestPolicy: 'network-only' })
      .toPromise();
    setBusy(false);
    const aboutAnchor = issuesOf(error).find(({ path }) => path.at(-1) === 'anchor')?.message;
    if (aboutAnchor !== undefined) setAnchorProblem(aboutAnchor);
    else if (error !== undefined) setProblem(problemOf(error));
    else setAnswered({ asked: { ...asked, anchor }, found: data?.verifyAuditTrail ?? null });
  };
  return (
    <Card
      title="Verify"
      hint="Computes every signature again and names the first audit entry that does not fit. About 40,000 a second."
    >
      <form onSubmit={(event) => void verify(event)} className="grid gap-4">
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <InstantField
            label="From (optional)"
            hint="Empty: from the start."
            value={asked.from}
            problem={isOrdered ? undefined : 'It must be before the end.'}
            onInstant={(from) => setAsked({ ...asked, from })}
          />
          <InstantField
            label="Before (optional)"
            hint="Empty: to the end."
            value={asked.to}
            onInstant={(to) => setAsked({ ...asked, to })}
          />
        </div>
        <TextArea
          label="Anchor (optional)"
          hint="From the server’s log, which has one a day, or from an export. It proves that the end was not deleted since."
          placeholder="a1.…"
          spellCheck={false}
          value={asked.anchor ?? ''}
          problem={anchorProblem}
          onChange={({ target }) => {
            setAnchorProblem(undefined);
            setAsked({ ...asked, anchor: target.value });
          }}
        />
        <div>
          <Button
            type="submit"
            kind="primary"
            isBusy={isBusy}
            disabledBecause={isAllowed ? (isOrdered ? undefined : 'The range is empty.') : reason}
          >
            {asked.from === undefined && asked.to === undefined ? 'Verify all of it' : 'Verify this range'}
          </Button>
        </div>
        <div aria-live="polite">
          {problem !== undefined && <Notice tone="bad">{problem}</Notice>}
          {answered?.found != null && <Verdict {...answered} />}
        </div>
      </form>
    </Card>
  );
}

function Verdict({ asked, found }: Answered) {
  if (found === null) return null;
  const { tone, title, sentences } = verdictOf(found, asked.anchor !== undefined);
  return (
    <Notice tone={tone}>
      <p className="font-semibold">{title}</p>
      {sentences.map((sentence) => (
        <p key={sentence} className="mt-1 text-text">
          {sentence}
        </p>
      ))}
    </Notice>
  );
}
