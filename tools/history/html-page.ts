/**
 * The timeline as one page that needs nothing else: no network, no script, light and dark as the reader's
 * system has it (by the system's own colours). Everything from the history is escaped. Pure.
 */
import { duration } from './events-in-words.js';
import type { Entry, OfferSpan, Timeline } from './timeline.js';

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; background: Canvas; color: CanvasText; }
h1 { font-size: 1.4rem; margin: 0 0 0.2rem; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 0.4rem; }
code, .id { font-family: ui-monospace, monospace; font-size: 0.9em; }
.quiet { opacity: 0.72; }
.lane { position: relative; height: 1.1rem; border: 1px solid GrayText; border-radius: 3px; }
.bar { position: absolute; top: 0; bottom: 0; min-width: 3px; background: Highlight; border-radius: 2px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.6rem 0.25rem 0; overflow-wrap: anywhere; }
th { border-bottom: 1px solid GrayText; }
td.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
tr.task { opacity: 0.6; font-size: 0.85em; }
tr.trouble td { font-weight: 700; text-decoration: underline wavy; }
tr.signal td:nth-child(4), tr.life td:nth-child(4) { font-weight: 700; }
`;
/** Should a text slip through unescaped after all, the page may still load and run nothing. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** The page. */
export function htmlPage(timeline: Timeline): string {
  const { bookingNumber, vehicleTypeId, bookingId, startedAt, lengthMs, state } = timeline;
  const title = escapeHtml(`${bookingNumber} · ${vehicleTypeId}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${title}</h1>
<p class="quiet">booking <code>${escapeHtml(bookingId)}</code> · began ${new Date(startedAt).toISOString()} ·
${escapeHtml(duration(lengthMs))} · ${escapeHtml(state)}</p>
<h2>Offers</h2>
${timeline.offers.length === 0 ? '<p>No pilot was asked.</p>' : timeline.offers.map((one) => offer(one, lengthMs)).join('\n')}
<h2>Events</h2>
<table>
<thead><tr><th>#</th><th>time (UTC)</th><th>since the start</th><th>what</th><th></th></tr></thead>
<tbody>
${timeline.entries.map(row).join('\n')}
</tbody>
</table>
</body>
</html>
`;
}

/** For texts and attributes' values alike. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": '#39' };
  return text.replaceAll(/[&<>"']/g, (character) => `&${entities[character]};`);
}

function offer({ number, pilotId, fromMs, toMs, end }: OfferSpan, lengthMs: number): string {
  const percent = (ms: number): string => ((ms / Math.max(1, lengthMs)) * 100).toFixed(2);
  return `<p>Offer ${number} to pilot <code>${escapeHtml(pilotId)}</code>, ${escapeHtml(duration(toMs - fromMs))}: ${escapeHtml(end)}</p>
<div class="lane"><div class="bar" style="left:${percent(fromMs)}%;width:${percent(toMs - fromMs)}%"></div></div>`;
}

function row({ eventId, at, sinceMs, kind, title, detail }: Entry): string {
  const clock = new Date(at).toISOString().slice(11, 23);
  return `<tr class="${kind}"><td class="id">${escapeHtml(eventId)}</td><td class="time">${clock}</td><td class="time">+${escapeHtml(duration(sinceMs))}</td><td>${escapeHtml(title)}</td><td>${escapeHtml(detail)}</td></tr>`;
}
