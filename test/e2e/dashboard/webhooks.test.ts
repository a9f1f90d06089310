/** A webhook's page: redelivering a time span. */
import { describe, expect, test } from 'vitest';
import { isBrowserMissing, visit } from '../../support/browser.ts';
import { open } from '../../support/dashboard.ts';
import { useHub } from '../../support/hub.ts';

describe.skipIf(isBrowserMissing)('a webhook', () => {
  const hub = useHub({ WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' });

  test('says of a span in which nothing failed that nothing is sent, and of a reversed one what is wrong', async () => {
    const { data: made } = await hub.server.graphql<{ createWebhook: { webhook: { webhookId: string } } }>(
      'mutation { createWebhook(input: {url: "http://127.0.0.1:59999/"}) { ... on CreateWebhookPayload { webhook { webhookId } } ... on MutationError { message } } }',
    );
    const { context, page, complaints } = await visit(hub.browser);
    await open(page, hub.server.url, `/webhooks/${made.createWebhook.webhook.webhookId}`);
    await page.getByRole('button', { name: 'Redeliver a range' }).click();
    const dialog = page.getByRole('dialog', { name: /^Redeliver a range/ });
    const [from, to] = [dialog.getByLabel('Published from'), dialog.getByLabel('Published before')];
    const end = await to.inputValue();
    await to.fill('2020-01-01T00:00');
    await dialog.getByRole('button', { name: 'Redeliver a range' }).click();
    await dialog.getByText('Must be after the start.').waitFor();
    expect(await from.getAttribute('aria-invalid')).toBeNull();
    expect(await to.getAttribute('aria-invalid')).toBe('true');
    await to.fill(end);
    await dialog.getByRole('button', { name: 'Redeliver a range' }).click();
    await page.getByText('Nothing to send again in this range. Tests are not sent again.', { exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
});
