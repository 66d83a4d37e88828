import type { Request } from 'express';
import type { ApiConfig } from '../config/environment.js';

type Answer = (error: Error | null, options: { origin: string[]; exposedHeaders: string[] }) => void;

const CODEC = /^\/admin\/codec\//i;

/**
 * Which origins of browsers may call: those of CORS_ORIGINS, and for the codec endpoint Temporal's Web UI
 * too. The headers that a preflight asks for are allowed (Authorization, Content-Type, X-Namespace);
 * cookies are not, we have none.
 */
export function corsByRoute(config: Pick<ApiConfig, 'CORS_ORIGINS' | 'TEMPORAL_UI_URL'>) {
  const own = config.CORS_ORIGINS;
  const ui = config.TEMPORAL_UI_URL;
  const withUi = ui === undefined ? own : [...own, new URL(ui).origin];
  return (request: Request, answer: Answer): void =>
    answer(null, {
      origin: CODEC.test(request.path) ? withUi : own,
      // A page of another origin may not read it otherwise, and would try again too soon.
      exposedHeaders: ['Retry-After'],
    });
}
