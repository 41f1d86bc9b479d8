// Starts Swagger UI on the element that names the schema's address.
const target = document.getElementById("swagger-ui");
window.SwaggerUIBundle({
  url: target.dataset.schema,
  domNode: target,
  deepLinking: true,
  presets: [window.SwaggerUIBundle.presets.apis],
});
