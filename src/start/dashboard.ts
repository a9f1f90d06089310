/** The dashboard as the build leaves it. It is not there where only the server was compiled. */
import { readSinglePage } from '../http/single-page.ts';

/** The same for the sources and for what is compiled from them: both are two folders below the project. */
export const DASHBOARD_FOLDER = new URL('../../dist/dashboard/', import.meta.url);

export const openDashboard = () => readSinglePage(DASHBOARD_FOLDER);
