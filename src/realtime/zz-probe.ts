import '../app.module.js';
