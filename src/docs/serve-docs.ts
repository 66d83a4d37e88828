import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { buildOpenApi } from './openapi.js';

/**
 * Serves the document at `/docs-json` and as a page at `/docs`, with the page's files from our own
 * packages: it works without the internet. Call it before the app listens.
 */
export function serveDocs(app: NestExpressApplication): void {
  const document = buildOpenApi() as OpenAPIObject;
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'docs-json',
    raw: ['json'],
    customSiteTitle: 'Pilot dispatch API',
    // No validator: it is a stranger's website.
    swaggerOptions: { validatorUrl: null, persistAuthorization: false, displayRequestDuration: true },
  });
}
