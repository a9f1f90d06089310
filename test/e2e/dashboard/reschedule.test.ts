/** A job is rescheduled, with a preview of the effect of clock changes. */
import { describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { open } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';

describe.skipIf(isBrowserMissing)('rescheduling', () => {
  const hub = useHub();

  test('the preview shows where the clocks change, what differs, and what cannot be read', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/schedules/ExpiredInvitationCleanupJob');
    await page.getByRole('button', { name: 'Reschedule' }).click();
    const dialog = page.getByRole('dialog');
    const cron = dialog.getByLabel('Cron');
    const preview = dialog.getByRole('region', { name: 'Preview' });

    await cron.fill('30 25 * * *');
    await dialog.getByText(/hour/i).first().waitFor();
    expect(await cron.getAttribute('aria-invalid')).toBe('true');
    expect(await dialog.getByRole('button', { name: 'Reschedule', exact: true }).getAttribute('aria-disabled')).toBe(
      'true',
    );
    expect(await preview.count()).toBe(0);

    await cron.fill('30 2 * * *');
    await dialog.getByLabel('Time zone').fill('Europe/Berlin');
    await preview.getByText('At 02:30 every day, Europe/Berlin').waitFor();
    await dialog.getByRole('button', { name: /^When the clocks change/ }).click();
    // Whichever change comes next: in March 02:30 does not exist, in October it occurs twice.
    await preview
      .getByText(/the clocks go (forward|back)/)
      .first()
      .waitFor();
    await preview.getByText(/fires? no longer/).waitFor();

    await dialog.getByLabel(/^Reason/).fill('the nights of the people who are on call');
    await dialog.getByRole('button', { name: 'Reschedule', exact: true }).click();
    await page.getByText('ExpiredInvitationCleanupJob has its new schedule.', { exact: true }).waitFor();
    await page.getByText('30 2 * * *').first().waitFor();
    const [schedule] = await hub.database.db.query<{ cron: string; zone: string }>(
      `SELECT cron, time_zone AS zone FROM auth.job_schedules WHERE name = 'ExpiredInvitationCleanupJob'`,
    );
    expect(schedule).toEqual({ cron: '30 2 * * *', zone: 'Europe/Berlin' });

    await page.getByRole('tab', { name: 'Versions' }).click();
    await page.getByText('the nights of the people who are on call').waitFor();
    await page.getByRole('button', { name: 'Reschedule' }).click();
    await dialog.getByRole('button', { name: 'Reset to the code’s default' }).click();
    await page.getByText('0 3 * * *').first().waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
});
