import type { AddressInfo } from 'node:net';
import { Body, Controller, Inject, NotFoundException, Post } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import type { DemoPilotsAdded } from '../../contract/page-shapes.js';
import { addDemoPilotsSchema, type AddDemoPilots } from '../../contract/schemas.js';
import { Who } from '../auth/access.guard.js';
import type { ApiConfig } from '../config/environment.js';
import { API_CONFIG } from '../config/providers.js';
import { DemoPilots } from './demo-pilots.js';

/** A city with nobody in it is a poor demo: an operator may put simulated pilots there. */
@Controller('demo/pilots')
@Who('admin')
export class DemoPilotsController {
  constructor(
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    private readonly host: HttpAdapterHost,
    private readonly pilots: DemoPilots,
  ) {}

  @Post()
  async add(@Body({ schema: addDemoPilotsSchema }) body: AddDemoPilots): Promise<DemoPilotsAdded> {
    if (!this.config.DEMO) throw new NotFoundException('no such route');
    const server = this.host.httpAdapter.getHttpServer() as Server;
    const { port } = server.address() as AddressInfo;
    return { added: await this.pilots.add(`http://127.0.0.1:${port}`, body) };
  }
}
