/** zod schemas of what the system answers to the calls that are made for the pages. */
import { z } from 'zod';

export const pagesConfigShape = z
  .object({
    /** Demo tokens are to be had. */
    demo: z.boolean(),
    /** With {z}, {x}, {y}, perhaps {s}; null: no tiles. */
    mapTilesUrl: z.string().nullable(),
    /** What must stand on a map with these tiles. */
    mapAttribution: z.string().nullable(),
  })
  .meta({ id: 'PagesConfig', description: 'What the pages need to know before anybody has a token' });
export type PagesConfig = z.infer<typeof pagesConfigShape>;
