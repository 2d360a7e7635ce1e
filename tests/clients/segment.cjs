// Sends the story of test_node.py through Segment's client for Node, unchanged.
const { Analytics } = require("@segment/analytics-node");

const client = new Analytics({
  writeKey: process.env.KEY,
  host: process.env.URL,
  maxRetries: 0,
  httpRequestTimeout: 60000,
});
client.on("error", (error) => {
  console.error(error);
  process.exitCode = 1;
});
client.track({ anonymousId: "cookie", event: "Product Viewed", properties: { product_id: 7 } });
client.identify({ userId: "ann", anonymousId: "cookie", traits: { email: "Ann@A.cz", plan: "pro" } });
client.track({ userId: "ann", event: "Order Completed", properties: { revenue: 9.5 } });
client.page({ userId: "ann", category: "Docs", name: "Home", properties: { url: "/" } });
client.screen({ userId: "ann", name: "Cart" });
client.group({ userId: "ann", groupId: "acme", traits: { size: 5 } });
client.alias({ userId: "ann", previousId: "former" });
client.closeAndFlush({ timeout: 120000 });
