/** The queue's pauses and limits, the appearance of these pages, and facts about the server. */
import { usePermission } from '../../access/viewer.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { BrowserCard } from './browser-card.tsx';
import { useControl } from './control-query.ts';
import { LimitsCard } from './limits-card.tsx';
import { PausesCard } from './pauses-card.tsx';
import { ServerCard } from './server-card.tsx';
import { ViewCard } from './view-card.tsx';

export default function SettingsPage() {
  const { isAllowed, reason } = usePermission('queueControl');
  const control = useControl();
  return (
    <Page title="Settings" description="Settings of the queue and of this browser.">
      {!isAllowed && <Notice tone="info">{reason}</Notice>}
      <Loaded result={control} height={16}>
        {({ queueControl }) =>
          queueControl !== null && (
            <>
              <PausesCard pauses={queueControl.pauses} onDone={control.refresh} />
              <LimitsCard limits={queueControl.limits} onDone={control.refresh} />
            </>
          )
        }
      </Loaded>
      <ViewCard />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <ServerCard />
        <BrowserCard />
      </div>
    </Page>
  );
}
