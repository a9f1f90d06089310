import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="schedules">Not written yet.</Page>;
}
