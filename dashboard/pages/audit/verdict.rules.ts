/** What verifying the trail found, in plain words. */
import { counted } from '../../ui/words.ts';

interface Finding {
  readonly isIntact: boolean;
  readonly checkedCount: number;
  readonly uncheckedCount: number;
  readonly anchorCount: number;
  readonly headLink: number;
  readonly problem: string | null;
  readonly firstBrokenSequence: number | null;
}

export interface Verdict {
  readonly tone: 'good' | 'warn' | 'bad';
  readonly title: string;
  readonly sentences: readonly string[];
}

/** `isWithAnchor`: one from elsewhere was given. */
export function verdictOf(found: Finding, isWithAnchor: boolean): Verdict {
  const { isIntact, checkedCount, uncheckedCount, anchorCount, headLink, problem, firstBrokenSequence } = found;
  const waiting =
    uncheckedCount === 0
      ? []
      : [
          `${counted(uncheckedCount, 'act is', 'acts are')} too new to be chained; what ${uncheckedCount === 1 ? 'it says' : 'they say'} is as it was written.`,
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
        `${counted(checkedCount, 'act was', 'acts were')} looked at before it. Leave everything as it is: what is broken is evidence. Export the trail, and find out who could write to the database at that time.`,
      ],
    };
  if (checkedCount === 0)
    return {
      tone: 'warn',
      title: 'There was nothing to verify.',
      sentences: ['No chained act lies in this span.', ...waiting],
    };
  return {
    tone: 'good',
    title: `The trail is whole: ${counted(checkedCount, 'act is as it was written', 'acts are as they were written')}.`,
    sentences: [
      `None was changed, inserted, moved or taken out. The chain ends at place ${headLink}.`,
      ...waiting,
      ...ownAnchors(isWithAnchor ? anchorCount - 1 : anchorCount),
      isWithAnchor
        ? 'The anchor fits: nothing was cut off since it was signed, and the database was not put back to before.'
        : 'That nothing was cut off its end can only be proved with an anchor from elsewhere.',
    ],
  };
}

/** Those that the server keeps itself; whoever can write to its database can delete them. */
const ownAnchors = (own: number): readonly string[] =>
  own <= 0
    ? []
    : [
        `It fits ${own === 1 ? 'the one anchor' : `the ${own} anchors`} that the server itself keeps, which whoever can write to its database could delete.`,
      ];
