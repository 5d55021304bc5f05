"""Terraform's own provider makes an API in the sandbox, gwr changes what it answers, and
Terraform then finds nothing to do: the two can share an API.

Never required: it runs where `terraform` is, and GWR_TERRAFORM_PLUGINS names a
filesystem mirror that holds hashicorp/aws.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

terraform = shutil.which("terraform")
mirror = os.environ.get("GWR_TERRAFORM_PLUGINS")
if not terraform or not mirror:
    missing = "no `terraform` here" if not terraform else "GWR_TERRAFORM_PLUGINS is not set"
    print(f"terraform_provider: skipped, {missing} (it is never required)")
    sys.exit(0)

from servers import REGION, Sandbox, get, gwr_path, run  # noqa: E402

MAIN = """
terraform {
  required_providers { aws = { source = "hashicorp/aws" } }
}
provider "aws" {
  region                      = "%(region)s"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  endpoints { apigateway = "%(url)s" }
}
resource "aws_api_gateway_rest_api" "orders" { name = "orders-api" }
resource "aws_api_gateway_method" "get" {
  rest_api_id   = aws_api_gateway_rest_api.orders.id
  resource_id   = aws_api_gateway_rest_api.orders.root_resource_id
  http_method   = "GET"
  authorization = "NONE"
}
resource "aws_api_gateway_integration" "get" {
  rest_api_id = aws_api_gateway_rest_api.orders.id
  resource_id = aws_api_gateway_rest_api.orders.root_resource_id
  http_method = aws_api_gateway_method.get.http_method
  type        = "MOCK"
}
resource "aws_api_gateway_deployment" "first" {
  rest_api_id = aws_api_gateway_rest_api.orders.id
  depends_on  = [aws_api_gateway_integration.get]
}
resource "aws_api_gateway_stage" "prod" {
  rest_api_id   = aws_api_gateway_rest_api.orders.id
  deployment_id = aws_api_gateway_deployment.first.id
  stage_name    = "prod"
  lifecycle { ignore_changes = [deployment_id] }
}
output "api" { value = aws_api_gateway_rest_api.orders.id }
"""
FILE = """
version = 1
[apis.orders]
match  = { name = "orders-api" }
stages = ["prod"]
[apis.orders.responses]
MISSING_AUTHENTICATION_TOKEN = { status = 404 }
"""
CLI = 'provider_installation {\n  filesystem_mirror { path = "%s" }\n}\n'

with Sandbox() as sandbox, tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    (folder / "main.tf").write_text(MAIN % {"region": REGION, "url": sandbox.url})
    (folder / "cli.tfrc").write_text(CLI % mirror)
    (folder / "gwr.toml").write_text(FILE)

    def tf(*arguments):
        return run(
            [terraform, f"-chdir={folder}", *arguments],
            TF_CLI_CONFIG_FILE=str(folder / "cli.tfrc"), CHECKPOINT_DISABLE="1",
        ).stdout

    tf("init", "-no-color")
    tf("apply", "-no-color", "-auto-approve")
    api = tf("output", "-raw", "api").strip()
    nowhere = sandbox.stage_url(api, "prod", "nowhere")
    assert get(nowhere)[0] == 403
    run([gwr_path(), "apply", "--yes", "-f", folder / "gwr.toml", "--endpoint-url", sandbox.url])
    assert get(nowhere)[0] == 404
    # 0: nothing to do; 2 would be changes.
    tf("plan", "-no-color", "-detailed-exitcode")
    tf("destroy", "-no-color", "-auto-approve")
print("terraform_provider: ok")
