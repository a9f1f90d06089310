/** The command palette finds every action by the words that users type for it. */
import { describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { open } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';

const WORDS = [
  ['silence', 'Silence an alert'],
  ['fix', 'Turn a simulator fault on or off'],
  ['simulator', 'Turn a simulator fault on or off'],
  ['send a test', 'Send a test to a webhook'],
  ['token', 'Revoke an API token'],
  ['retire', 'Retire a key'],
  ['master', 'Change the master key'],
  ['interrupt', 'Interrupt a run'],
  ['undo', 'Undo a bulk action'],
  ['publish', 'Publish an event again'],
  ['reset', 'Reschedule RetentionJob'],
  ['downtime', 'Simulate a downtime'],
  ['dense', 'Dense rows'],
] as const;

describe.skipIf(isBrowserMissing)('the command palette', () => {
  const hub = useHub();

  test('finds each action by the words for it, and leads to where its object is chosen', async () => {
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, '/nodes');
    await page.keyboard.press('Control+k');
    const field = page.getByRole('combobox', { name: 'Find an entry or an action' });
    for (const [words, title] of WORDS) {
      await field.fill(words);
      await page.getByRole('option', { name: title }).first().waitFor();
    }
    await field.fill('revoke');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${hub.server.url}/access`);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
