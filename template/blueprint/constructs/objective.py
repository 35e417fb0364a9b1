"""The availability objective of service.toml: how fast its error budget burns, and the alarms on that.

https://sre.google/workbook/alerting-on-slos/, of whose recommendations this takes the two that wake somebody.
"""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from blueprint.constructs.alarms import Alarms
from blueprint.constructs.api_metrics import ApiMetrics
from blueprint.settings import Objective

WINDOWS = {
    "FastBurn": (cdk.Duration.hours(1), 14.4, "a fiftieth of a month's error budget in an hour"),
    "SlowBurn": (cdk.Duration.hours(6), 6, "a twentieth of a month's error budget in six hours"),
}
"""The alarms: the window that each looks at, how many times too fast the budget burns, and what that means."""


def availability(api: ApiMetrics, period: cdk.Duration) -> cloudwatch.MathExpression:
    """The percentage of requests that were not answered with 5XX."""
    return cloudwatch.MathExpression(
        expression="100 * (1 - FILL(errors, 0) / requests)",
        using_metrics={"errors": api.errors(period), "requests": api.requests(period)},
        period=period,
        label="Availability, %",
    )


def burn_rate(api: ApiMetrics, objective: Objective, name: str) -> cloudwatch.MathExpression:
    """How many times faster than allowed the error budget burns; 0 below the minimum number of requests.

    `name` is one of `WINDOWS`.
    """
    period, budget = WINDOWS[name][0], f"{100 - objective.availability:.6g}"
    # A graph of both windows needs ids that are different.
    errors, requests = f"errors_{name.lower()}", f"requests_{name.lower()}"
    return cloudwatch.MathExpression(
        expression=(
            f"IF({requests} >= {objective.minimum_requests}, 100 * FILL({errors}, 0) / {requests} / {budget}, 0)"
        ),
        using_metrics={errors: api.errors(period), requests: api.requests(period)},
        period=period,
        label=name,
    )


def burn_alarms(alarms: Alarms, api: ApiMetrics, objective: Objective) -> list[cloudwatch.Alarm]:
    """An alarm for each of the `WINDOWS`."""
    return [
        alarms.add(
            name,
            f"At this rate the API misses its availability of {objective.availability} %: {meaning}.",
            burn_rate(api, objective, name),
            threshold,
        )
        for name, (_, threshold, meaning) in WINDOWS.items()
    ]


def objective_row(api: ApiMetrics, objective: Objective) -> list[cloudwatch.IWidget]:
    """The dashboard's first row: the availability over the time that is shown, and how fast the budget burns."""
    return [
        cloudwatch.SingleValueWidget(
            title=f"Availability; the objective is {objective.availability} %",
            metrics=[availability(api, cdk.Duration.minutes(1))],
            set_period_to_time_range=True,
            full_precision=True,
            width=6,
            height=5,
        ),
        cloudwatch.GraphWidget(
            title="How many times too fast the error budget burns",
            left=[burn_rate(api, objective, name) for name in WINDOWS],
            left_annotations=[
                cloudwatch.HorizontalAnnotation(value=threshold, label=name)
                for name, (_, threshold, _) in WINDOWS.items()
            ],
            left_y_axis=cloudwatch.YAxisProps(min=0),
            width=18,
            height=5,
        ),
    ]
