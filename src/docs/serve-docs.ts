import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { Express, Request, Response } from 'express';
import { buildAsyncApi } from './asyncapi.js';
import { buildOpenApi } from './openapi.js';

/**
 * Serves OpenAPI at `/docs-json` and as a page at `/docs`, with the page's files from our own packages: it
 * works without the internet; and AsyncAPI at `/docs/asyncapi.json`. Call it before the app listens.
 */
export function serveDocs(app: NestExpressApplication): void {
  const events = buildAsyncApi();
  // Before the page, whose folder it is in.
  (app.getHttpAdapter().getInstance() as Express).get(
    '/docs/asyncapi.json',
    (_request: Request, response: Response) => void response.json(events),
  );
  const document = buildOpenApi() as OpenAPIObject;
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'docs-json',
    raw: ['json'],
    customSiteTitle: 'Pilot dispatch API',
    // No validator: it is a stranger's website.
    swaggerOptions: { validatorUrl: null, persistAuthorization: false, displayRequestDuration: true },
  });
}
