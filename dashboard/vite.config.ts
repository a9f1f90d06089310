/** Builds the dashboard into dist/dashboard, which the server serves. */

import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where the API runs while `npm run dev:dashboard` serves the sources. */
const API = process.env.DASHBOARD_API ?? 'http://127.0.0.1:4000';

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    outDir: '../dist/dashboard',
    emptyOutDir: true,
    target: 'es2022',
    // The page's content security policy allows no scripts from data: addresses and no inline styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // A few files that nearly every page needs, instead of dozens of small ones fetched in sequence.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'libraries', test: /node_modules\/(?!uplot|papaparse|cmdk|@radix-ui\/react-dialog|@tanstack)/ },
            {
              name: 'parts',
              test: /dashboard\/((actions|graphql|live|ui(?!\/window-rows))\/|access\/viewer|\w+\/[\w-]+-actions\.ts$)/,
            },
          ],
        },
      },
    },
  },
  // /graphql is a pattern because a plain prefix would also match the source folder of that name.
  server: {
    proxy: {
      '^/graphql(\\?.*)?$': API,
      '/sign-in': API,
      '/sign-out': API,
      '/audit/export': API,
      '/queue/export': API,
      '/events/schemas': API,
    },
  },
});
