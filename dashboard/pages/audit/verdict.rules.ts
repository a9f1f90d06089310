/** The result of verifying the audit trail, in sentences. Pure. */
import { counted } from '../../ui/words.ts';

interface Finding {
  readonly isIntact: boolean;
  readonly checkedCount: number;
  readonly uncheckedCount: number;
  readonly headLink: number;
  readonly problem: string | null;
  readonly firstBrokenSequence: number | null;
}

export interface Verdict {
  readonly tone: 'good' | 'warn' | 'bad';
  readonly title: string;
  readonly sentences: readonly string[];
}

/** `isWithAnchor`: the caller supplied an anchor. */
export function verdictOf(found: Finding, isWithAnchor: boolean): Verdict {
  const { isIntact, checkedCount, uncheckedCount, headLink, problem, firstBrokenSequence } = found;
  const waiting =
    uncheckedCount === 0
      ? []
      : [
          `${counted(uncheckedCount, 'audit entry is', 'audit entries are')} too new to be chained; what ${uncheckedCount === 1 ? 'it says' : 'they say'} is as it was written.`,
        ];
  if (!isIntact)
    return {
      tone: 'bad',
      title:
        firstBrokenSequence === null
          ? 'The trail is broken: something is missing.'
          : `The trail is broken at number ${firstBrokenSequence}.`,
      sentences: [
        ...(problem === null ? [] : [problem]),
        `${counted(checkedCount, 'audit entry was', 'audit entries were')} checked before it. Leave everything as it is: what is broken is evidence. Export the trail, and find out who could write to the database at that time.`,
      ],
    };
  if (checkedCount === 0)
    return {
      tone: 'warn',
      title: 'Nothing to verify.',
      sentences: ['No chained audit entry lies in this span.', ...waiting],
    };
  return {
    tone: 'good',
    title: `The trail is intact: ${counted(checkedCount, 'audit entry is as it was written', 'audit entries are as they were written')}.`,
    sentences: [
      `None was changed, inserted, moved or deleted. The chain ends at place ${headLink}.`,
      ...waiting,
      isWithAnchor
        ? 'The anchor fits: nothing was deleted from the end since it was signed, and the database was not restored to an earlier state.'
        : 'Only an anchor from elsewhere can prove that nothing was deleted from its end.',
    ],
  };
}
