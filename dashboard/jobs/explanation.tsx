/** Why a schedule stands as it does, in the API's words, with each thing in the way and its cure. */
import { CureButton } from '../actions/cure-button.tsx';
import { Notice } from '../ui/notice.tsx';
import type { Schedule } from './schedule-fields.ts';
import { Sentence } from './sentence.tsx';

export const Explanation = ({ of: { name, timeZone, explanation } }: { readonly of: Schedule }) =>
  explanation === null ? null : (
    <div className="grid gap-2">
      <p className="text-muted">
        <Sentence text={explanation.summary} jobZone={timeZone} />
      </p>
      {explanation.blockers.map(({ __typename, message, cure }) => (
        <Notice
          key={`${__typename} ${message}`}
          tone={__typename === 'RunGoingOn' ? 'info' : 'warn'}
          actions={cure !== null && <CureButton cure={cure} subject={name} />}
        >
          <Sentence text={message} jobZone={timeZone} />
        </Notice>
      ))}
    </div>
  );
