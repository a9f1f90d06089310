/** The frame around every page: the API client, the viewer, the shell, and the page of the current address. */

import { Provider } from 'urql';
import { Route, Switch } from 'wouter';
import { ViewerProvider } from './access/viewer.tsx';
import { client } from './graphql/client.ts';
import { ROUTES } from './routes.ts';
import { LatePage, PageFault, Permitted } from './shell/page-fault.tsx';
import { PageOf } from './shell/page-of.ts';
import { Shell } from './shell/shell.tsx';
import { ButtonLink } from './ui/button.tsx';
import { Empty } from './ui/notice.tsx';
import { Page } from './ui/page.tsx';
import { Toasts } from './ui/toasts.tsx';
import { ToldOnce } from './ui/told-once.tsx';
import { TooltipProvider } from './ui/tooltip.tsx';

export const App = () => (
  <Provider value={client}>
    <TooltipProvider>
      <ViewerProvider>
        <Shell>
          <Switch>
            {ROUTES.map(({ path, load, code, nav }) => (
              <Route key={path} path={path}>
                {(params) => (
                  <PageFault key={path}>
                    <Permitted title={nav?.title} needs={nav?.needs}>
                      <PageOf load={load} code={code} params={params} meanwhile={<LatePage title={nav?.title} />} />
                    </Permitted>
                  </PageFault>
                )}
              </Route>
            ))}
            <Route>
              <Page title="Page not found">
                <Empty title="No page has this address." actions={<ButtonLink href="/">To the overview</ButtonLink>} />
              </Page>
            </Route>
          </Switch>
        </Shell>
      </ViewerProvider>
      <Toasts />
      <ToldOnce />
    </TooltipProvider>
  </Provider>
);
