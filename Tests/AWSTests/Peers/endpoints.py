"""botocore's own endpoints: standard input is a JSON list of services, by their names there.

Standard output: a JSON list of [service, region, fips, dual-stack, URL] for all regions that botocore knows; the URL is null
where there is no such endpoint.
"""
import itertools
import json
import sys

import botocore.session
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError

LOADER = botocore.session.get_session().get_component("data_loader")
PARTITIONS = LOADER.load_data("partitions")
# The names of regions that stand for a whole partition are no regions to deploy to.
REGIONS = [name for partition in PARTITIONS["partitions"] for name in partition["regions"] if not name.endswith("-global")]


def cases(service):
    provider = EndpointProvider(LOADER.load_service_model(service, "endpoint-rule-set-1"), PARTITIONS)
    for region, fips, dual_stack in itertools.product(REGIONS, (False, True), (False, True)):
        parameters = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack}
        if service == "s3":
            parameters.update(Accelerate=False, UseGlobalEndpoint=False)
        if service == "sts":
            parameters.update(UseGlobalEndpoint=False)
        try:
            url = provider.resolve_endpoint(**parameters).url
        except EndpointProviderError:
            url = None
        yield service, region, fips, dual_stack, url


if __name__ == "__main__":
    json.dump([case for service in json.load(sys.stdin) for case in cases(service)], sys.stdout)
