import { HttpException } from '@nestjs/common';

/** 503, with the seconds after which it is worth another try: all is well, and there is too much of it. */
export class OverloadedException extends HttpException {
  constructor(
    detail: string,
    readonly retryAfterSeconds: number,
  ) {
    super(detail, 503);
  }
}
