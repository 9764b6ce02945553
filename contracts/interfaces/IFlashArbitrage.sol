// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice The call patterns that a hop can use, by their number in `Hop.venue`. Append only.
enum Venue {
    Solidly,
    Algebra,
    WooFi,
    Dodo,
    Balancer,
    UniswapV2,
    UniswapV3
}

/// @notice Who can finance a route, by their number in `Loan.lender`. Append only.
enum Lender {
    AaveV3,
    BalancerV2,
    MorphoBlue,
    Operator,
    /// @dev A pool of Uniswap V3, its forks or Algebra.
    ConcentratedFlash,
    /// @dev A pair of Uniswap V2, Camelot V2 or Solidly.
    PairFlash,
    /// @dev A vending machine, a private or a stable pool of DODO.
    DodoFlash,
    BalancerV3
}

/// @notice What finances a route.
struct Loan {
    /// @dev A number of `Lender`. Not the enum itself: an unknown number then gets an error with a name.
    uint8 lender;
    /// @dev The pool or pair that lends. Zero for a lender that is one contract, and for the operator.
    address source;
    /// @dev The token that is borrowed, repaid and earned.
    address token;
    /// @dev In units of the token's decimals.
    uint256 amount;
    /// @dev What is repaid on top of the amount to a lender that does not say what it asks for: a pair. Zero for the others.
    uint256 fee;
}

/// @notice One swap of a route. It spends what the hop before delivered, the first one the loan. Hops in a row with the
/// same output can share one input, as an order that is split over pools: all but the last of them name their share.
struct Hop {
    /// @dev A number of `Venue`. Not the enum itself: an unknown number then gets an error with a name.
    uint8 venue;
    /// @dev The contract that the venue's pattern calls: a router, DODO's fee route proxy, Balancer's vault, a pool.
    address target;
    /// @dev What the hop delivers. What it takes is what the hop before delivered, or what that one left to share.
    address tokenOut;
    /// @dev The hop's share of its input, which leaves a rest for the next hop; zero for all that is left of the input.
    uint256 amountIn;
    /// @dev What the venue needs beyond that: see the library of the venue.
    bytes data;
}

/// @notice What an execution is asked to do: the arguments of `execute`, whose encoding is that of this struct. The
/// callback of a loan finds them as the operator sent them.
struct Order {
    bytes32 id;
    Loan loan;
    Hop[] hops;
    uint256 minProfit;
    uint256 deadline;
}

/// @notice The most of a token that an execution may take from the operator's own wallet.
struct OperatorLoanCap {
    address token;
    /// @dev In units of the token's decimals.
    uint256 amount;
}

/// @notice The contracts that FlashArbitrage is bound to on its chain. A zero lender is one that the chain lacks.
struct Protocols {
    address aaveV3;
    address balancerV2;
    address morphoBlue;
    address balancerV3;
    /// @dev Pulls tokens for DODO's route proxies: what a DODO hop approves.
    address dodoApprove;
    address weth;
}

/// @title IFlashArbitrage
/// @notice Borrows, swaps along a closed route and repays in one transaction, which reverts unless it earned money.
/// @dev Amounts are denoted in units of the named token's decimals.
///
/// Between transactions the contract holds no token but what somebody sent to it, no ether and no allowance, and nobody owes
/// it an allowance but an operator who finances routes from their own wallet. What was sent to it can only go to the treasury.
interface IFlashArbitrage {
    /* EVENTS */

    /// @notice Emitted when a route earned money.
    /// @param id The operator's name for the order.
    /// @param token The token that was borrowed and earned.
    /// @param lender The number in `Lender` of who financed the route.
    /// @param amount What was borrowed.
    /// @param fee What the lender took on top of `amount`.
    /// @param profit What the treasury received.
    event Arbitrage(
        bytes32 indexed id,
        address indexed token,
        uint8 indexed lender,
        uint256 amount,
        uint256 fee,
        uint256 profit
    );

    /// @notice Emitted when an account becomes an operator or ceases to be one.
    event OperatorSet(address indexed operator, bool allowed);

    /// @notice Emitted when the owner limits what an execution may take of a token from the operator's wallet.
    event OperatorLoanCapSet(address indexed token, uint256 amount);

    /// @notice Emitted when the guardian changes. Zero is none.
    event GuardianSet(address indexed guardian);

    /// @notice Emitted when the receiver of profits changes.
    event TreasurySet(address indexed treasury);

    /// @notice Emitted when what lay in the contract went to the treasury. `token` is zero for ether.
    event Swept(address indexed token, address indexed treasury, uint256 amount);

    /* ERRORS */

    /// @notice Thrown when someone other than an operator executes.
    error NotOperator(address caller);

    /// @notice Thrown when someone other than the guardian or the owner pauses.
    error NotGuardian(address caller);

    /// @notice Thrown when the owner renounces: without one nobody could remove an operator, allow `execute` again or sweep.
    error OwnerRequired();

    /// @notice Thrown when the deadline lies before the block's timestamp, both in seconds.
    error DeadlinePassed(uint256 deadline, uint256 timestamp);

    /// @notice Thrown when the loan's amount is zero.
    error ZeroAmount();

    /// @notice Thrown when no lender has this number.
    error UnknownLender(uint8 lender);

    /// @notice Thrown when a route would take more of the operator's own `token` than the owner allows: see
    /// `setOperatorLoanCap`.
    error OperatorLoanAboveCap(address token, uint256 amount, uint256 cap);

    /// @notice Thrown when the contract was deployed without this lender's address.
    error LenderUnavailable(uint8 lender);

    /// @notice Thrown when a loan does not name what its lender needs, or names a source or a fee that this lender has not.
    error InvalidLoan(uint8 lender, address source, uint256 fee);

    /// @notice Thrown when the route has no hops.
    error EmptyRoute();

    /// @notice Thrown when the last hop delivers another token than was borrowed.
    error OpenRoute(address borrowed, address delivered);

    /// @notice Thrown when hop `index` is encoded in front of the list of hops. What lies there is not the order's: other
    /// bytes would be checked than run.
    error MisplacedHop(uint256 index);

    /// @notice Thrown when no venue has the number that hop `index` asks for.
    error UnknownVenue(uint256 index, uint8 venue);

    /// @notice Thrown when hop `index` would swap a token into itself.
    error SameToken(uint256 index, address token);

    /// @notice Thrown when hop `index` takes a share of its input and no hop with the same output follows to take the rest.
    error SplitUnfinished(uint256 index);

    /// @notice Thrown when the share that hop `index` takes leaves nothing of the `held` units of its input.
    error SplitLeavesNothing(uint256 index, uint256 amountIn, uint256 held);

    /// @notice Thrown when the lender's lock covers hop `index`, so that the hop cannot run inside the loan.
    error LenderLocksHop(uint8 lender, uint256 index);

    /// @notice Thrown when the data of hop `index` is not what its venue's library expects.
    error InvalidHopData(uint256 index, uint8 venue);

    /// @notice Thrown when the price of hop `index` is worse than the `limit` that it carries, before anything is borrowed.
    /// Both are in the number of the hop's venue: see its library.
    error PriceBeyondLimit(uint256 index, uint256 price, uint256 limit);

    /// @notice Thrown when the target of hop `index` reverted. `reason` is what it reverted with, cut at 1024 bytes.
    error HopFailed(uint256 index, uint8 venue, bytes reason);

    /// @notice Thrown when the target of hop `index` succeeded but did not say what it paid, or has no code: it is not the
    /// contract that the venue's pattern is made for.
    error HopAnsweredNothing(uint256 index, uint8 venue, address target);

    /// @notice Thrown when the target of hop `index` returned without calling back for its input.
    error HopNotCalledBack(uint256 index, address target);

    /// @notice Thrown when the target of a hop calls back for another amount than the `amountIn` that the hop spends: a pool of
    /// concentrated liquidity asks for less when it has no price for all of it.
    error UnexpectedCharge(int256 owed, uint256 amountIn);

    /// @notice Thrown when hop `index` left `unspent` of what it was given.
    error HopInputUnspent(uint256 index, uint256 unspent);

    /// @notice Thrown when hop `index` cost `excess` more than it was given: the token charges its sender on top.
    error HopInputOverspent(uint256 index, uint256 excess);

    /// @notice Thrown when fewer units of `token` arrived than were sent: it takes a fee on transfer, or the sender lied.
    error TransferShort(address token, uint256 received, uint256 sent);

    /// @notice Thrown when the route earned less than was asked for, or nothing.
    /// @param profit What is left after the lender's claim, negative for a loss.
    /// @param minProfit What was asked for.
    error InsufficientProfit(int256 profit, uint256 minProfit);

    /// @notice Thrown when a callback comes from a caller, for a purpose or with a payload that was not announced.
    error UnannouncedCallback(address caller);

    /// @notice Thrown when Aave calls back for a loan that someone else began.
    error ForeignInitiator(address initiator);

    /// @notice Thrown when the lender returned without calling back.
    error LoanNotDelivered(uint8 lender);

    /// @notice Thrown when the lender calls back with another token or amount than was asked for.
    error UnexpectedLoan(address token, uint256 amount);

    /// @notice Thrown when ether arrives outside of an execution.
    error UnexpectedEther(address sender);

    /// @notice Thrown when an address that must be set is zero, or the contract's own.
    error InvalidAddress(address account);

    /* TRADING */

    /// @notice Borrows, runs the hops in order, repays, and sends the profit to the treasury.
    /// @dev Requirements:
    /// - the caller is an operator and the contract is not paused
    /// - `deadline`, in seconds, is not before the block's timestamp
    /// - `loan.amount` is not zero and `loan.lender` is a number of `Lender` with an address on this chain
    /// - `loan.source` is the lender where that is a pool, and zero otherwise; `loan.fee` is zero but for a pair
    /// - `hops` is not empty, every `venue` is a number of `Venue`, no hop swaps a token into itself, and the last hop
    ///   delivers `loan.token`
    /// - after a hop that takes a share of its input comes a hop with the same output
    /// - the lender's lock covers no hop: a Balancer V2 loan finances no route with a Balancer hop, a pool none with a hop
    ///   that calls it
    /// - for `Lender.Operator`, the caller has approved this contract for `loan.amount` of `loan.token`, which is not above
    ///   the token's cap
    /// - a share leaves a rest for the hop after it
    /// - every hop spends all that it is given and delivers what it says
    /// - what is left after the lender's claim is above zero and not below `minProfit`
    ///
    /// All but the last four are checked before anything is borrowed.
    /// @param id The operator's name for the order, repeated in the event.
    /// @param loan Who lends which token and how much.
    /// @param hops The route.
    /// @param minProfit The least profit to accept, in units of `loan.token`, after the lender's fee.
    /// @param deadline The last second at which to execute.
    /// @return profit What the treasury received, in units of `loan.token`.
    function execute(
        bytes32 id,
        Loan calldata loan,
        Hop[] calldata hops,
        uint256 minProfit,
        uint256 deadline
    ) external returns (uint256 profit);

    /* ADMINISTRATION */

    /// @notice Makes an account an operator, or no longer one. An operator can trade and nothing else.
    /// @dev Requirements: the caller is the owner, `operator` is not zero.
    function setOperator(address operator, bool allowed) external;

    /// @notice Limits what one execution may take of a token from the operator's wallet, in units of the token. It is zero
    /// until it is set: a wallet finances nothing that the owner has not allowed.
    /// @dev Requirements: the caller is the owner.
    function setOperatorLoanCap(address token, uint256 amount) external;

    /// @notice Changes who can pause besides the owner, and do nothing else. Zero is nobody.
    /// @dev Requirements: the caller is the owner.
    function setGuardian(address newGuardian) external;

    /// @notice Changes who receives profits.
    /// @dev Requirements: the caller is the owner, `newTreasury` is neither zero nor this contract.
    function setTreasury(address newTreasury) external;

    /// @notice Stops `execute`.
    /// @dev Requirements: the caller is the guardian or the owner.
    function pause() external;

    /// @notice Allows `execute` again.
    /// @dev Requirements: the caller is the owner.
    function unpause() external;

    /// @notice Sends all that lies in the contract to the treasury: a token's balance, or the ether for the zero address.
    /// @dev Requirements: the caller is the owner, no execution is under way.
    /// @return amount What was sent.
    function sweep(address token) external returns (uint256 amount);

    /* VIEWS */

    /// @notice Returns who receives profits.
    function treasury() external view returns (address);

    /// @notice Returns who can pause besides the owner, or zero.
    function guardian() external view returns (address);

    /// @notice Returns the most of a token that an execution may take from the operator's wallet.
    function operatorLoanCap(address token) external view returns (uint256);

    /// @notice Returns whether an account can execute.
    function isOperator(address account) external view returns (bool);

    /// @notice Returns the contracts that this one is bound to.
    function protocols() external view returns (Protocols memory);
}
