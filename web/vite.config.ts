import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const platform = 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  build: { target: 'es2022', assetsInlineLimit: 0 },
  // `npm run dev` against a running platform. The origin is rewritten: the platform lets in its own pages only.
  server: {
    proxy: {
      '/api': platform,
      '/sip': platform,
      '/chat': { target: platform, ws: true, changeOrigin: true, rewriteWsOrigin: true },
    },
  },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
});
