/** Verifying the trail, and the anchor to keep elsewhere, so that it can be verified later. */
import { type FormEvent, useState } from 'react';
import { usePermission } from '../../access/viewer.tsx';
import { client } from '../../graphql/client.ts';
import { graphql, type ResultOf } from '../../graphql/graphql.ts';
import { issuesOf, problemOf } from '../../graphql/problems.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { Button } from '../../ui/button.tsx';
import { Card, Facts } from '../../ui/card.tsx';
import { CopyButton } from '../../ui/copy.tsx';
import { InstantField, TextArea } from '../../ui/field.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { count } from '../../ui/words.ts';
import { verdictOf } from './verdict.rules.ts';

const Verification = graphql(`
  query VerifyAuditTrail($from: DateTime, $to: DateTime, $anchor: String) {
    verifyAuditTrail(from: $from, to: $to, anchor: $anchor) {
      isIntact checkedCount uncheckedCount anchorCount headLink problem firstBrokenSequence
    }
  }
`);
const Anchor = graphql(`
  query AuditAnchor {
    auditAnchor { anchor link signedAt }
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
      hint="Computes every signature anew and names the first act that does not fit. About 40,000 acts a second."
    >
      <form onSubmit={(event) => void verify(event)} className="grid gap-4">
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <InstantField
            label="From (optional)"
            hint="Empty: from the beginning."
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
          hint="One that was kept elsewhere, from a log or an export. It proves that the end was not cut off since."
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
            disabledBecause={isAllowed ? (isOrdered ? undefined : 'The span has no length.') : reason}
          >
            {asked.from === undefined && asked.to === undefined ? 'Verify all of it' : 'Verify this span'}
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

export function AnchorCard() {
  const { isAllowed, reason } = usePermission('auditAnchor');
  const result = useLiveQuery({ query: Anchor, variables: {}, isPaused: !isAllowed });
  return (
    <Card
      title="Anchor of now"
      hint="The end of the trail, signed. Keep it where nobody who writes to the database can change it: a ticket, another machine, paper."
    >
      {!isAllowed && <Notice tone="info">{reason}</Notice>}
      <Loaded result={result} height={4}>
        {({ auditAnchor }) =>
          auditAnchor !== null && (
            <div className="grid gap-3">
              <output className="block rounded-md bg-raised px-3 py-2 font-mono text-xs break-all">
                {auditAnchor.anchor}
              </output>
              <Facts
                of={[
                  ['Speaks of', `place ${count(auditAnchor.link)}, the end of the chain`],
                  ['Signed', <Time key="at" at={auditAnchor.signedAt} as="exact" />],
                ]}
              />
              <div className="flex flex-wrap gap-2">
                <CopyButton text={auditAnchor.anchor}>Copy the anchor</CopyButton>
                <Button isSmall onClick={result.refresh} isBusy={result.isRefreshing}>
                  Sign anew
                </Button>
              </div>
            </div>
          )
        }
      </Loaded>
    </Card>
  );
}
