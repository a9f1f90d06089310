/** Builds the dashboard into dist/dashboard, from where the server serves it. */
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
    // The policy of the page lets no script come from data: addresses, and no style stand in the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // A few files that nearly every page needs, instead of dozens of small ones one after another.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'libraries', test: /node_modules\/(?!uplot|papaparse|cmdk|@radix-ui\/react-dialog|@tanstack)/ },
            { name: 'parts', test: /dashboard\/(access|actions|graphql|live|ui(?!\/window-rows))\// },
          ],
        },
      },
    },
  },
  // A pattern, since the sources have a folder of that name.
  server: {
    proxy: {
      '^/graphql(\\?.*)?$': API,
      '/sign-in': API,
      '/sign-out': API,
      '/audit/export': API,
      '/events/schemas': API,
    },
  },
});
