/**
 * Serves the page and passes its requests on to the API, with the token: it stays on this side, no page has it, and
 * no other origin is involved. A server of your own, or nginx, does the same in production.
 */
import { defineConfig } from 'vite';

const { FAMILY_HUB_URL = 'http://127.0.0.1:4000', FAMILY_HUB_TOKEN } = process.env;

export default defineConfig({
  server: {
    proxy: {
      '/graphql': {
        target: FAMILY_HUB_URL,
        changeOrigin: true,
        headers: FAMILY_HUB_TOKEN === undefined ? {} : { authorization: `Bearer ${FAMILY_HUB_TOKEN}` },
      },
    },
  },
});
