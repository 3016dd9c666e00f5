"""botocore's own endpoints: standard input is a JSON list of [service, region, fips, dual-stack], standard output a list of URLs."""
import json
import sys

import botocore.session
from botocore.endpoint_provider import EndpointProvider

LOADER = botocore.session.get_session().get_component("data_loader")
PARTITIONS = LOADER.load_data("partitions")


def endpoint(service, region, fips, dual_stack):
    provider = EndpointProvider(LOADER.load_service_model(service, "endpoint-rule-set-1"), PARTITIONS)
    parameters = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack}
    if service == "s3":
        parameters.update(Accelerate=False, UseGlobalEndpoint=False)
    if service == "sts":
        parameters.update(UseGlobalEndpoint=False)
    return provider.resolve_endpoint(**parameters).url


if __name__ == "__main__":
    json.dump([endpoint(*case) for case in json.load(sys.stdin)], sys.stdout)
